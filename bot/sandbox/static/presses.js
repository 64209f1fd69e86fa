// No press on a button of the bot is lost, as none is in Discord, and no Enter that sends something. SimCord's page drops
// both where an action is under way, and the browser a press whose button is drawn anew between its going down and its
// coming up.

const BUTTON = "button.component-button[data-control-key]";
const KEPT_MS = 10_000;
const EVERY_MS = 50;

const buttonOf = (event) => event.target.closest?.(BUTTON);
const press = (button) => ({ button, key: button.dataset.controlKey, viewer: window.simcordPreview.viewerId });

// A button is known by its key, however often it is drawn; and nobody's press is made as somebody else.
function meant(begun, button) {
  return button?.dataset.controlKey === begun.key && window.simcordPreview.viewerId === begun.viewer;
}

// ---- what is done while an action is under way: the newest is kept until the page admits it

let kept = null; // {make, ready, until}
const keep = (make, ready = admitted) => { kept = { make, ready, until: performance.now() + KEPT_MS }; };

// What actions.js goes by; a button's aria-disabled may be late.
function admitted() {
  const { pendingAction, transport, awaitingRevision, publishedRevision } = window.simcordPreview;
  return !pendingAction && !transport.uncertainRequestId && !(awaitingRevision > publishedRevision);
}

// Make something now, or as soon as the page admits it; it is then the newest.
export function whenAdmitted(make) {
  if (!admitted()) {
    keep(make);
    return;
  }
  kept = null;
  make();
}

window.addEventListener("click", (event) => {
  const button = buttonOf(event);
  if (!button) return;
  if (admitted()) {
    kept = null; // it is newer, and goes its way
    return;
  }
  event.stopPropagation();
  if (window.simcordPreview.pendingAction?.controlKey === button.dataset.controlKey) return; // it is what is under way
  const made = press(button);
  keep(() => [...document.querySelectorAll(BUTTON)].find((button) => meant(made, button))?.click());
}, true);

const composer = document.getElementById("channel-composer");

// A message or a command with its options, and whose it is.
function written() {
  const parts = [...composer.querySelectorAll("textarea, input, .command-chip")].map((part) => part.value || part.textContent);
  return JSON.stringify([window.simcordPreview.viewerId, ...parts]);
}

// Else the Enter is for what is offered.
const offered = () => [...document.querySelectorAll("[role=listbox] [aria-selected=true]")].find((item) => item.checkVisibility());

// What is typed into an option is looked up for its choices, a moment later: an Enter until then is for the first of them.
export function isLookedUp(field) {
  const { option, state } = window.simcordPreview.commandPicker.autocomplete;
  return state === "loading" && option === field.dataset.option;
}

function sends(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing
    && composer.contains(event.target) && event.target.matches("textarea, input") && !offered();
}

window.addEventListener("keydown", (event) => {
  if (!sends(event)) return;
  const field = event.target;
  const ready = () => admitted() && !isLookedUp(field);
  if (ready()) {
    kept = null;
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  if (window.simcordPreview.pendingAction?.kind.match(/^(send_message|run_command)$/)) return; // it is what is under way
  const made = written();
  keep(() => {
    if (written() !== made) return;
    const item = offered();
    if (item) item.click();
    else composer.requestSubmit();
  }, ready);
}, true);

setInterval(() => {
  if (kept && performance.now() > kept.until) kept = null;
  if (!kept?.ready()) return;
  const { make } = kept;
  kept = null;
  make();
}, EVERY_MS);

// ---- a button that is drawn anew while it is held down, by the mouse or the space bar

let held = null;

// A finger needs no help: the browser looks for what it is on when it is lifted, and sends these events then.
const holds = (event) => event.button === 0 || event.key === " ";

for (const type of ["mousedown", "keydown"]) window.addEventListener(type, (event) => {
  const button = buttonOf(event);
  if (holds(event)) held = button ? press(button) : null;
}, true);

for (const type of ["mouseup", "keyup"]) window.addEventListener(type, (event) => {
  if (!held || !holds(event)) return;
  const [button, begun] = [buttonOf(event), held];
  held = null;
  if (!begun.button.isConnected && meant(begun, button)) button.click(); // else the browser makes the click
}, true);
