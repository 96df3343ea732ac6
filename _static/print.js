// Paper is light: what scripts have drawn in the colours of the dark theme is drawn again for it.
"use strict";
(() => {
  const page = document.documentElement;
  let shown = null;
  addEventListener("beforeprint", () => {
    shown = page.dataset.theme;
    page.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    if (shown) page.dataset.theme = shown;
    shown = null;
  });
})();
