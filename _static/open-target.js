// A link leads into what is closed: whatever holds its target is opened first.
"use strict";
(() => {
  const opener = (node) => {
    if (node.tagName === "DETAILS" && !node.open) return () => (node.open = true);
    if (!node.classList.contains("toggle-hidden")) return null;
    return () => node.querySelector(":scope > .admonition-title .toggle-button").click();
  };

  /** Open what holds the target of the page's address; say whether anything had to be opened. */
  function openTarget() {
    let name = location.hash.slice(1);
    try {
      name = decodeURIComponent(name);
    } catch {
      // It is not encoded.
    }
    const target = name && document.getElementById(name);
    if (!target) return false;
    const openers = [];
    for (let node = target; node; node = node.parentElement) openers.push(opener(node));
    // A link to a closed box itself means its content, but not one to the page that holds it.
    const closed = openers.filter(Boolean);
    closed.forEach((open) => open());
    if (closed.length) target.scrollIntoView();
    return closed.length > 0;
  }

  addEventListener("hashchange", openTarget);
  // The address stays the same where a reader follows the same link again.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href*='#']");
    if (link?.hash && link.href === location.href) openTarget();
  });
  // After the scripts that close: they wait for the same event.
  addEventListener("DOMContentLoaded", () => {
    setTimeout(() => {
      if (!openTarget()) return;
      // What is still to come above it moves the target, until the reader moves the page.
      const seen = scrollY;
      addEventListener("load", () => {
        if (Math.abs(scrollY - seen) < 2) document.querySelector(":target")?.scrollIntoView();
      });
    });
  });
})();
