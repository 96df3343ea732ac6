// The search: places of the book, each a section, a term, a helper or a work, best first (BM25).
"use strict";
(() => {
  const FIRST = 10;
  const AROUND = 110; // letters of a snippet on each side of a word
  // What a word counts in the heading, in the text, and in the code alone.
  const [IN_HEADING, IN_TEXT, IN_CODE] = [4, 1, 0.5];
  const OF_PAGE = 1.5; // the title of the page above a section
  const [SATURATION, LENGTH] = [1.2, 0.4];
  const LOOKED = { section: 1, term: 1, helper: 0.75, work: 0.6 };
  const KINDS = { guide: 1.15, depth: 1, other: 0.8 };
  const EVERYWHERE = /^(summary|exercises|common mistakes|check yourself|go deeper|references)$/i;

  const stemmer = new Stemmer();
  const stems = new Map();

  /** American and British spelling become one; "1 by 1" is "1x1"; accents do not count. */
  const plain = (text) =>
    text
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/(\d+)\s*(?:[x×]|by)\s*(?=\d)/gi, "$1x")
      .replace(/['’]s\b/g, "");

  function stem(word) {
    if (!stems.has(word)) {
      const spelled = word
        .replace(/([iy])s(e[drs]?|ers?|ing|ations?)$/, "$1z$2")
        .replace(/(\w{3})our/, "$1or")
        .replace(/(\w{3})tre(s|d)?$/, "$1ter$2")
        .replace(/ll(ed|ing)$/, "l$1");
      stems.set(word, stemmer.stemWord(spelled));
    }
    return stems.get(word);
  }

  const words = (text) => plain(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  const counts = (word) => !stopwords.includes(word);
  const read = (text) => words(text).map((word) => word.toLowerCase()).filter(counts).map(stem);
  /** Of names in code also the parts: GlorotUniform is glorotuniform, glorot and uniform. */
  const parts = (text) =>
    words(text).flatMap((word) => {
      const found = word.replace(/([a-z\d])(?=[A-Z])/g, "$1 ").split(" ");
      return read(found.length > 1 ? `${word} ${found.join(" ")}` : word);
    });

  /** Take the pages apart into places, and note in which of them each word stands, how heavily. */
  function index(pages) {
    const [all, where] = [[], new Map()];
    for (const [address, kind, found] of pages) {
      const title = found[0][2];
      for (const [what, id, heading, text, code] of found) {
        const place = { address, kind, title, what, id, heading, text };
        const [above, own, told] = [read(title), parts(heading), read(text)];
        const weights = new Map();
        const add = (list, weight) => {
          for (const word of list) weights.set(word, (weights.get(word) ?? 0) + weight);
        };
        add(own, IN_HEADING);
        if (heading !== title) add(new Set(above), OF_PAGE);
        add(told, IN_TEXT);
        add(new Set(parts(code)), IN_CODE);
        place.line = ` ${own.join(" ")} | ${told.join(" ")} `;
        place.headline = own.join(" ");
        place.length = told.length + 20;
        for (const [word, weight] of weights) {
          if (!where.has(word)) where.set(word, new Map());
          where.get(word).set(place, weight);
        }
        all.push(place);
      }
    }
    const mean = all.reduce((sum, place) => sum + place.length, 0) / all.length;
    return { all, where, mean };
  }

  /** Whether two words differ by a letter that is missing, added or another, or by two swapped. */
  function near(one, other) {
    if (Math.abs(one.length - other.length) > 1) return false;
    let start = 0;
    while (start < one.length && one[start] === other[start]) start++;
    const [a, b] = [one.slice(start), other.slice(start)];
    if (a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1)) return true;
    return a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  }

  /** What the book has for a word that was asked for: itself, or what begins so, or one misspelled. */
  function meant(where, word) {
    if (where.has(word) || word.length < 3) return where.has(word) ? [word] : [];
    const known = [...where.keys()];
    const begun = known.filter((one) => one.startsWith(word) || (one.length > 4 && word.startsWith(one)));
    return begun.length || word.length < 4 ? begun : known.filter((one) => near(one, word));
  }

  function search({ all, where, mean }, query) {
    const asked = read(query).length ? read(query) : words(query).map((w) => stem(w.toLowerCase()));
    const terms = [...new Set(asked)].map((word) => ({ word, forms: meant(where, word) }));
    const rare = (form) => Math.log(1 + all.length / where.get(form).size);
    const most = Math.log(1 + all.length);
    const whole = terms.reduce((sum, { forms }) => sum + Math.max(...forms.map(rare), most / 2), 0);
    const scores = new Map();
    for (const { forms } of terms) {
      const best = new Map();
      for (const form of forms) {
        for (const [place, weight] of where.get(form)) {
          const long = 1 - LENGTH + (LENGTH * place.length) / mean;
          const score = (rare(form) * weight * (SATURATION + 1)) / (weight + SATURATION * long);
          if (score > (best.get(place)?.score ?? 0)) best.set(place, { score, rare: rare(form) });
        }
      }
      for (const [place, { score, rare }] of best) {
        const sum = scores.get(place) ?? { score: 0, rare: 0 };
        scores.set(place, { score: sum.score + score, rare: sum.rare + rare });
      }
    }
    const pairs = asked.slice(1).map((word, k) => ` ${asked[k]} ${word} `);
    const found = [...scores].map(([place, { score, rare }]) => {
      const together = pairs.filter((pair) => place.line.includes(pair)).length;
      const phrase = pairs.length ? 1 + (0.6 * together) / pairs.length : 1;
      // A name of the code is typed as its helper's ends; a heading says no more than was asked.
      const ends = /[._]/.test(query) && place.what === "helper" && place.headline.endsWith(asked.join(" "));
      const named = ends || place.headline === asked.join(" ") ? 1.5 : EVERYWHERE.test(place.heading) ? 0.8 : 1;
      const covered = Math.min(1, rare / whole) ** 1.5;
      return { place, score: score * covered * phrase * named * KINDS[place.kind] * LOOKED[place.what] };
    });
    return {
      terms: terms.flatMap(({ forms }) => forms),
      found: found.sort((a, b) => b.score - a.score).map(({ place }) => place),
    };
  }

  /** Words of a text around the place where most of those that were asked for stand together. */
  function snippet(text, terms) {
    const sought = new Set(terms);
    const hits = [...text.matchAll(/[\p{L}\p{N}]+/gu)].filter(
      ([word]) => sought.has(stem(plain(word).toLowerCase())),
    );
    const nearby = (hit) =>
      new Set(
        hits
          .filter(({ index }) => index >= hit.index && index < hit.index + AROUND)
          .map(([word]) => stem(plain(word).toLowerCase())),
      ).size;
    const best = hits.reduce((a, b) => (a && nearby(a) >= nearby(b) ? a : b), null);
    const from = best ? text.lastIndexOf(" ", Math.max(0, best.index - AROUND / 2)) + 1 : 0;
    const end = text.indexOf(" ", from + 2 * AROUND);
    const to = end < 0 ? text.length : end;
    const line = document.createElement("p");
    let place = from;
    for (const hit of hits.filter(({ index }) => index >= from && index < to)) {
      const mark = document.createElement("mark");
      mark.textContent = hit[0];
      line.append(text.slice(place, hit.index), mark);
      place = hit.index + hit[0].length;
    }
    line.append(text.slice(place, to));
    if (from > 0) line.prepend("… ");
    if (to < text.length) line.append(" …");
    return line;
  }

  const LOOKED_UP = { term: "a term, in: ", helper: "a helper, in: ", work: "a work, in: " };

  function shown(place, terms) {
    const [item, link, page] = ["li", "a", "span"].map((name) => document.createElement(name));
    const root = document.documentElement.dataset.content_root;
    link.href = `${root}${place.address}${place.id && `#${place.id}`}`;
    link.textContent = place.heading;
    page.className = "search-page";
    page.textContent = place.id ? `${LOOKED_UP[place.what] ?? "in: "}${place.title}` : "the page";
    item.append(link, page);
    if (place.text) item.append(snippet(place.text, terms));
    return item;
  }

  const root = document.getElementById("book-search");
  const [told, list, more] = ["told", "found", "more"].map((k) => root.querySelector(`.search-${k}`));
  const input = root.querySelector("input");
  const query = (new URLSearchParams(location.search).get("q") ?? "").trim();
  const places = index(globalThis.cnnbookPlaces);
  globalThis.cnnbookSearch = (query) => search(places, query).found;

  document.querySelectorAll("input[name=q]").forEach((field) => (field.value = query));
  if (!query) return void input.focus();
  document.title = `${query} - ${document.title}`;
  const { terms, found } = search(places, query);
  const count = found.length === 1 ? "1 place has" : `${found.length} places have`;
  told.textContent = found.length
    ? `${count} words of “${query}”, the best first.`
    : `Nothing in the book has a word of “${query}”.`;
  const show = (from, to) => list.append(...found.slice(from, to).map((one) => shown(one, terms)));
  show(0, FIRST);
  const left = found.length - FIRST;
  more.hidden = left <= 0;
  more.textContent = `Show ${Math.min(left, 40)} more`;
  more.addEventListener("click", () => {
    show(FIRST, FIRST + 40);
    more.hidden = true;
    list.children[FIRST].querySelector("a").focus();
  });
})();
