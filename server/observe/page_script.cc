#include "observe/page_assets.h"

namespace holter::observe {

const std::string_view kPageScript = R"js(
// Fetches the page again every few seconds and replaces the parts that are marked; what is typed or marked stays.
(() => {
  "use strict";
  const interval = document.querySelector(".sessions, #list") ? 5000 : 2000;
  const button = document.getElementById("live");
  const stale = document.getElementById("stale");
  let live = true;
  let timer = 0;

  const isBusy = () => document.hidden || !window.getSelection().isCollapsed;

  function replace(fresh) {
    const focus = document.activeElement && document.activeElement.closest("[data-live]") && document.activeElement.getAttribute("href");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (other && other.outerHTML !== part.outerHTML) part.replaceWith(document.adoptNode(other));
    }
    document.title = fresh.title;
    if (focus) {
      const again = [...document.querySelectorAll("[data-live] a")].find((link) => link.getAttribute("href") === focus);
      if (again) again.focus();
    }
  }

  async function refresh() {
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      stale.hidden = answer.ok;
      stale.textContent = answer.status === 404 ? "This session is gone." : "Holter answers " + answer.status + "; what you see is old.";
    } catch {
      stale.hidden = false;
      stale.textContent = "Holter does not answer; what you see is old.";
    }
  }

  function plan() {
    clearTimeout(timer);
    if (live) timer = setTimeout(async () => { if (!isBusy()) await refresh(); plan(); }, interval);
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    live = !live;
    button.setAttribute("aria-pressed", String(live));
    plan();
  });
  document.addEventListener("visibilitychange", () => { if (live && !document.hidden) refresh(); });
  plan();
})();
)js";

const std::string_view kPageIcon =
    R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1b1f24"/><path d="M3 17h7l2-4 3 4h2l3-10 4 17 3-7h3" fill="none" stroke="#ff6b6b" stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round"/></svg>
)svg";

}  // namespace holter::observe
