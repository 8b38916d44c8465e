// Keys, masks, zoom and theme. Everything is delegated from the document, because the page's parts are replaced as the
// conversation goes on.
(() => {
  const store = window.localStorage;
  // The conversation's id lives in this browser; a random one is as good as a login to it, so it is long.
  const make = () => {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    store.setItem("rr-conversation", id);
    return id;
  };
  window.rrNewId = make;
  window.rrId = () => store.getItem("rr-conversation") || make();

  const dark = store.getItem("rr-theme");
  const setTheme = (name) => {
    document.body.classList.toggle("dark", name === "dark");
    store.setItem("rr-theme", name);
  };
  const whenReady = () => { if (dark) setTheme(dark); };
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", whenReady) : whenReady();

  const typing = (element) =>
    element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) && element.type !== "checkbox");
  const press = (id) => {
    const button = document.querySelector(`#${id}`);
    if (button && button.offsetParent !== null && !button.disabled) { button.click(); return true; }
    return false;
  };
  const KEYS = { 1: "rr-choose-1", 2: "rr-choose-2", t: "rr-choose-tie", b: "rr-choose-both_bad", u: "rr-choose-undo", g: "rr-choose-good_enough" };

  document.addEventListener("keydown", (event) => {
    const box = document.querySelector(".rr-lightbox");
    if (event.key === "Escape" && box) { box.remove(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(document.activeElement)) return;
    const focused = document.activeElement;
    if (event.key === "Enter" && focused && focused.classList.contains("rr-figure")) { zoom(focused); return; }
    const id = KEYS[event.key.toLowerCase()];
    if (id && press(id)) event.preventDefault();
  });

  const zoom = (figure) => {
    const box = document.createElement("div");
    box.className = "rr-lightbox";
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", "Enlarged picture; Escape closes");
    box.append(figure.querySelector(".rr-layers").cloneNode(true));
    if (figure.closest(".rr-stage")?.querySelector(".rr-mask-toggle")?.checked) box.classList.add("rr-masked");
    let scale = 1;
    box.addEventListener("wheel", (wheel) => {
      wheel.preventDefault();
      scale = Math.min(8, Math.max(1, scale * (wheel.deltaY < 0 ? 1.15 : 0.87)));
      const layers = box.firstElementChild;
      layers.style.transformOrigin = `${(100 * wheel.clientX) / innerWidth}% ${(100 * wheel.clientY) / innerHeight}%`;
      layers.style.transform = `scale(${scale})`;
    }, { passive: false });
    box.addEventListener("click", () => box.remove());
    document.body.append(box);
  };

  // A value of the Blueprint card, edited where it stands: Enter says the change in the conversation, Escape leaves it.
  const edit = (button) => {
    const options = button.dataset.options ? button.dataset.options.split("|") : [];
    const now = button.textContent.trim();
    const field = document.createElement(options.length ? "select" : "input");
    field.className = "rr-editor";
    field.setAttribute("aria-label", button.getAttribute("aria-label"));
    if (options.length) {
      for (const option of options) field.add(new Option(option, option, false, option === now));
      if (!options.includes(now)) { field.add(new Option("choose …", ""), 0); field.value = ""; }
    } else {
      field.value = now === "—" ? "" : now.replace(/\s*(mm\/px|mm|°)$/, "").replace(" – ", " to ");
    }
    const before = field.value;
    let over = false;
    const end = (send) => {
      if (over) return;
      over = true;
      const said = field.value.trim();
      field.replaceWith(button);
      if (send && said && said !== before) window.rrSay(button.dataset.edit.replace("{value}", said));
      else button.focus();
    };
    field.addEventListener("keydown", (key) => {
      if (key.key === "Enter") { key.preventDefault(); end(true); }
      if (key.key === "Escape") { key.stopPropagation(); end(false); }
    });
    field.addEventListener("change", () => { if (options.length) end(true); });
    field.addEventListener("blur", () => end(false));
    button.replaceWith(field);
    field.focus();
  };
  window.rrSaid = "";
  window.rrSay = (text) => { window.rrSaid = text; document.querySelector("#rr-say")?.click(); };

  document.addEventListener("click", (event) => {
    if (event.target.closest(".rr-theme")) {
      setTheme(document.body.classList.contains("dark") ? "light" : "dark");
      return;
    }
    const mark = event.target.closest("[data-mark]");
    if (mark) { window.rrMark = mark.dataset.mark; document.querySelector("#rr-mark")?.click(); return; }
    const library = event.target.closest("[data-conversation], [data-say]");
    if (library) {
      document.querySelector("#rr-places [role=tab]")?.click();
      if (library.dataset.conversation) {
        store.setItem("rr-conversation", library.dataset.conversation);
        document.querySelector("#rr-open")?.click();
      } else {
        const box = document.querySelector("#rr-box textarea");
        box.value = library.dataset.say;
        box.dispatchEvent(new Event("input", { bubbles: true }));
        box.focus();
      }
      return;
    }
    const value = event.target.closest(".rr-value");
    if (value) { edit(value); return; }
    if (event.target.closest(".rr-history")) {
      [...document.querySelectorAll("#rr-places [role=tab]")].find((tab) => tab.textContent.trim() === "Library")?.click();
      return;
    }
    const layers = event.target.closest(".rr-figure .rr-layers");
    if (layers) zoom(layers.closest(".rr-figure"));
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches(".rr-mask-opacity")) {
      document.documentElement.style.setProperty("--rr-mask", event.target.value / 100);
    }
  });
  // Gradio's scrolling conversation cannot be reached by keyboard otherwise.
  setInterval(() => {
    document.querySelectorAll("#rr-chat .bubble-wrap:not([tabindex])").forEach((log) => log.setAttribute("tabindex", "0"));
  }, 500);
  setInterval(() => {
    if (document.querySelector(".rr-flicker:checked")) document.body.classList.toggle("rr-second");
  }, 450);
})();
