// The conversation stays at its end as it grows, unless one has scrolled up, as in Discord. SimCord's page goes to the
// beginning of what was answered, and stays there: of a card that grows the end is never seen.

const NEAR_PX = 48; // so near its end one has not scrolled up
const SETTLED_MS = 500; // a scroll that begins later is not what somebody did before
const KEYS = ["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown", "Tab", " "];
const GOING_BACK = "#message-picker, #message-exact-form, #history-older, #view-action-output, #back-activity, #activity-list";

const timeline = document.getElementById("channel-timeline");
const list = document.getElementById("channel-message-list");
const later = document.getElementById("history-newer"); // is there where the page does not have the newest messages

const atEnd = () => later.hidden && timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight <= NEAR_PX;

const isChoosing = () => document.querySelector(".preview-select.is-open") !== null; // what it hangs on must stay

let following = true;
function follow() {
  if (following && later.hidden && !isChoosing()) timeline.scrollTop = timeline.scrollHeight;
}

// ---- scrolling that a person does, not the page

let [moving, dragging, timer] = [false, false, 0];
function moves() {
  moving = true;
  clearTimeout(timer);
  timer = setTimeout(() => { moving = dragging; }, SETTLED_MS);
}

for (const type of ["wheel", "touchmove"]) timeline.addEventListener(type, moves, { passive: true });
window.addEventListener("keydown", (event) => {
  if (KEYS.includes(event.key) && !event.target.matches?.("input, textarea, select")) moves();
}, true);
timeline.addEventListener("pointerdown", (event) => {
  if (event.target !== timeline || event.offsetX < timeline.clientWidth) return; // not the scroll bar
  dragging = true;
  moves();
});
for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, () => { dragging = false; }, true);
timeline.addEventListener("scroll", () => {
  if (!moving) return;
  stayed = false;
  following = atEnd();
  moves();
}, { passive: true });

// Who goes to an earlier message wants to be there; who writes wants to see what comes of it.
document.addEventListener("click", (event) => {
  if (event.target.closest?.(GOING_BACK)) following = false;
}, true);
for (const [id, type] of [["channel-composer", "submit"], ["new-messages", "click"]]) {
  document.getElementById(id).addEventListener(type, () => { following = true; }, true);
}

// ---- an answer far below what was pressed: it is gone to, unless one has scrolled since

const ANSWERS = ["response", "followup", "deferred"];
let [stayed, answered] = [true, null];
for (const type of ["click", "keydown"]) {
  window.addEventListener(type, () => { if (!window.simcordPreview.pendingAction) stayed = true; }, true);
}

function goToAnswer() {
  const { lastAction } = window.simcordPreview;
  if (!lastAction || lastAction.requestId === answered) return;
  answered = lastAction.requestId;
  const ids = lastAction.outcomes.filter(({ kind }) => ANSWERS.includes(kind)).map(({ messageId }) => messageId);
  const answer = list.querySelector(`[data-message-id="${ids.at(-1)}"]`);
  if (!stayed || !answer || isChoosing()) return;
  const fits = answer.clientHeight <= timeline.clientHeight;
  following = fits && later.hidden && answer === list.lastElementChild;
  if (following) follow();
  else answer.scrollIntoView({ block: fits ? "nearest" : "start" });
}

// ---- after SimCord, which corrects the place in the frame after a change, and when it has drawn everything

const grown = new ResizeObserver(() => requestAnimationFrame(() => requestAnimationFrame(follow)));
grown.observe(list);
grown.observe(timeline);
new MutationObserver(() => {
  follow();
  goToAnswer();
}).observe(document.getElementById("preview-app"), { attributeFilter: ["aria-busy"] });
