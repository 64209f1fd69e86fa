// Lists of choices as in Discord: Enter picks what is marked, and what was picked in a menu of several counts when it is
// closed. SimCord's page drops it unless *Apply* is pressed, and sends a command although its list is open.

import { isLookedUp, whenAdmitted } from "/presses.js";

// ---- menus of several choices

const OPEN = ".preview-select.is-open:has(.select-draft-actions)";
const openMenu = () => document.querySelector(OPEN);
const triggerOf = (menu) => menu.querySelector(".select-trigger");

function countsAsChosen(menu) {
  const picked = menu.querySelectorAll("[role=option][aria-selected=true]").length;
  return picked >= Number(menu.dataset.minimum) && picked <= Number(menu.dataset.maximum);
}

// SimCord applies what was picked when the trigger of an open menu is clicked, but not while an action is under way.
function close(menu) {
  const key = menu.dataset.controlKey;
  whenAdmitted(() => {
    const now = openMenu();
    if (now?.dataset.controlKey === key) triggerOf(now).click();
  });
}

window.addEventListener("keydown", (event) => {
  const menu = openMenu();
  if (!menu || event.isComposing || event.target.matches?.("input")) return;
  if (event.key === "Enter") menu.querySelector(".select-option.is-highlighted")?.click();
  else if (event.key === "Escape" && countsAsChosen(menu)) close(menu);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

window.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.(OPEN);
  if (!menu) return;
  setTimeout(() => { // before SimCord's own, which looks a moment later as well
    if (menu.isConnected && menu === openMenu() && !menu.contains(document.activeElement) && countsAsChosen(menu)) close(menu);
  });
}, true);

window.addEventListener("pointerdown", (event) => {
  const menu = openMenu();
  if (menu && !menu.contains(event.target) && countsAsChosen(menu)) close(menu);
}, true);

// ---- the list of a command's option

const SUGGESTIONS = "#command-suggestion-listbox";
const marked = () => [...document.querySelectorAll(`${SUGGESTIONS} [aria-selected=true]`)].find((item) => item.checkVisibility());
const ownerOf = () => document.querySelector(`[aria-controls="${SUGGESTIONS.slice(1)}"]`);

window.addEventListener("keydown", (event) => {
  const elsewhere = event.target.closest?.("textarea, [role=dialog]");
  const item = event.key === "Enter" && !event.isComposing && !elsewhere ? marked() : null;
  if (!item) return;
  event.preventDefault();
  event.stopPropagation();
  item.click();
}, true);

// SimCord draws the command anew, and opens the list again: the next Enter would pick its first choice.
const composer = document.getElementById("channel-composer");
let option = null; // whose list a choice is picked from
composer.addEventListener("click", (event) => {
  option = event.target.closest?.(SUGGESTIONS) ? ownerOf()?.dataset.option : null;
}, true);
composer.addEventListener("click", () => {
  const field = option && document.querySelector(`.command-option-input[data-option="${CSS.escape(option)}"]`);
  if (!field || (document.activeElement !== field && document.activeElement.matches(".command-option-input"))) return;
  field.focus();
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
});

// SimCord asks for the choices of an option when something is typed, Discord as soon as the option is picked.
document.addEventListener("focusin", (event) => {
  const field = event.target;
  if (!field.matches?.(".command-option-input[aria-autocomplete]") || !document.querySelector(`${SUGGESTIONS} .command-empty`)) return;
  if (!field.value || isLookedUp(field)) field.dispatchEvent(new Event("input", { bubbles: true }));
});
