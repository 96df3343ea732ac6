// A photo of the reader's: a file that is chosen or dropped, read in the page, and never sent.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { element, newId, theme } = cnnbook.dom;
  const { Refusal, prepare, readGray } = cnnbook.prepare;

  const TOLD = "One digit, a thick dark pen, a margin all around. The photo stays on your device.";

  /** The photo with a frame around what was found in it. */
  function paint(canvas, { gray, width, height }, box) {
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    const picture = context.createImageData(width, height);
    gray.forEach((value, place) => {
      picture.data.fill(Math.round(255 * value), 4 * place, 4 * place + 3);
      picture.data[4 * place + 3] = 255;
    });
    context.putImageData(picture, 0, 0);
    if (!box) return;
    context.strokeStyle = theme() === "dark" ? "#f0a6dc" : "#9b3f86";
    context.lineWidth = Math.max(width, height) / 50;
    const room = context.lineWidth;
    context.strokeRect(box.left - room, box.top - room, box.right - box.left + 2 * room, box.bottom - box.top + 2 * room);
  }

  /**
   * The button, the photo and what is said of it: {node, read, mark}. `put(image)` lays the digit on the
   * sheet, `clear()` empties it; `root` is the page's part onto which a file may be dropped.
   */
  function makePhoto({ root, state, put, clear }) {
    const help = newId("photo");
    const told = element("span", { class: "cb-note", role: "status", id: help }, TOLD);
    const canvas = element("canvas", { class: "cb-photo", role: "img", "aria-label": "The photo", hidden: true });
    const input = element("input", {
      type: "file",
      autocomplete: "off",
      accept: "image/*,.heic,.heif",
      "aria-describedby": help,
      onchange: () => {
        const [file] = input.files;
        input.value = ""; // so that the same file can be chosen again
        if (file) read(file);
      },
    });
    const button = element("label", { class: "cb-button cb-file" }, input, element("span", {}, "Read a photo"));
    let asked = 0;

    /** Read a file; what comes late, when another was chosen meanwhile, is not shown. */
    async function read(file) {
      const mine = ++asked;
      told.textContent = `Reading ${file.name} …`;
      await new Promise((go) => setTimeout(go)); // so that this is seen
      let photo = null;
      try {
        photo = await readGray(file);
        const { pixels, box } = prepare(photo.gray, photo.width, photo.height);
        if (mine !== asked) return;
        told.textContent = `A digit was found in ${file.name}: what the network receives is below the pad.`;
        canvas.setAttribute("aria-label", "The photo, with a frame around the digit that was found");
        paint(canvas, photo, box);
        put({ group: "photo", pixels });
      } catch (error) {
        if (mine !== asked) return;
        clear(); // the answer to the digit before would be taken for this one's
        const why = error instanceof Refusal ? error.message : `picture must be an image, and ${file.name} cannot be read: export it as JPEG or PNG.`;
        told.textContent = `The ${why}`;
        canvas.setAttribute("aria-label", "The photo, which could not be read");
        if (photo) paint(canvas, photo, null);
      }
      canvas.hidden = !photo;
    }

    /** Once something else is on the sheet, the photo is no longer what is read. */
    function mark() {
      const other = state.image ? state.image.group !== "photo" : state.strokes.length;
      if (!other || told.textContent.startsWith("Reading")) return;
      canvas.hidden = true;
      cnnbook.dom.write(told, TOLD);
    }

    // A file that misses the button or the pad would otherwise take the place of the page.
    const holdsFile = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
    root.addEventListener("dragover", (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      root.classList.add("cb-dropping");
    });
    root.addEventListener("dragleave", (event) => {
      if (!root.contains(event.relatedTarget)) root.classList.remove("cb-dropping");
    });
    root.addEventListener("drop", (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      root.classList.remove("cb-dropping");
      const [file] = event.dataTransfer.files;
      if (file) read(file);
    });

    const node = element(
      "div",
      { class: "cb-row cb-photo-row", role: "group", "aria-label": "A photo of your own" },
      button, element("span", { class: "cb-note cb-wide", "aria-hidden": "true" }, "or drop it here."), canvas, told,
    );
    return { node, mark, read };
  }

  cnnbook.photo = { makePhoto };
})();
