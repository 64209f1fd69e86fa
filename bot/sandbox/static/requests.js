// A request that is never answered (a browser's extension holds it, or a machine slept) ends after a while, and what asked
// asks again. SimCord's page and the list of channels wait for each answer before they ask anew: they would stand still.

const LONGEST_MS = 10_000;
const ASKED_AGAIN = ["/api/state", "/api/channels", "/api/commands", "/api/menus"];

const ask = window.fetch;
window.fetch = (path, how = {}) => {
  if (!ASKED_AGAIN.includes(path)) return ask(path, how);
  const limit = new AbortController();
  const end = () => limit.abort();
  setTimeout(end, LONGEST_MS); // with its body; to end what has ended does nothing
  how.signal?.addEventListener("abort", end);
  return ask(path, { ...how, signal: limit.signal });
};
