// A button calls the function of the window that it names: a strict policy has no onclick.
"use strict";
addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-calls]");
  if (button) window[button.dataset.calls]();
});
