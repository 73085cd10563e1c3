// The page: an address, a state, a picture of it; and a loop that asks the emulator for news.
import { html, render } from './lit-html/lit-html.js';
import { Unreachable, post, read } from './api.js';
import { frame } from './frame.js';
import * as days from './views/days.js';
import * as faults from './views/faults.js';
import * as overview from './views/overview.js';
import * as records from './views/records.js';
import * as requests from './views/requests.js';
import * as settings from './views/settings.js';
import * as users from './views/users.js';

const VIEWS = { overview, requests, records, users, days, faults, settings };
const SECOND = 1000;
const FORGOTTEN = 'Everything that arrived is forgotten.';

const state = {
  route: null, // {view, filters}, from the address
  summary: null, // null until the first answer
  data: null, // what the view has loaded
  unreachable: false,
  paused: false,
  notice: '', // the last thing that happened, for all readers
  error: '', // why the view could not be loaded
};
let loaded = -Infinity; // milliseconds of a clock that nobody sets
let turn = 0;
let focused = null; // the name of what had the focus, until the view is drawn again

function routeOf(hash) {
  const [path, query] = hash.replace(/^#\/?/, '').split('?');
  const view = Object.hasOwn(VIEWS, path) ? path : 'overview';
  return { view, filters: Object.fromEntries(new URLSearchParams(query)) };
}

function draw() {
  const view = VIEWS[state.route.view];
  document.title = `${view.title} · CleverTap emulator`;
  render(frame(state, VIEWS, view.title, bodyOf(view), actions), document.getElementById('app'));
}

/** Return a view's content. An emulator of another version may send what it does not understand. */
function bodyOf(view) {
  if (state.data === null) return state.error ? '' : html`<p class="empty">Loading …</p>`;
  try {
    return view.show(state, actions);
  } catch (error) {
    console.error(error);
    return html`<p class="error">This page does not understand the emulator's answer. Load the page again.</p>`;
  }
}

function rememberFocus() {
  const { activeElement: element, body } = document;
  focused = element === body ? null : element.name ?? '';
}

/** Give the focus back if drawing took it away: to the same control or link, else to the view. */
function restoreFocus() {
  if (focused === null || state.data === null) return;
  const content = document.getElementById('content');
  const same = `[name="${CSS.escape(focused)}"], [href="${CSS.escape(location.hash)}"]`;
  if (document.activeElement === document.body) (content.querySelector(same) ?? content).focus();
  focused = null;
}

const actions = {
  draw,
  go(view, filters = {}) {
    const given = Object.entries(filters).filter(([, value]) => value);
    const query = new URLSearchParams(given);
    location.hash = query.size ? `#/${view}?${query}` : `#/${view}`;
  },
  pause() {
    state.paused = !state.paused;
    state.notice = state.paused ? 'Paused: the figures stay as they are.' : 'Live again.';
    draw();
    refresh();
  },
  /** Do something, tell what came of it, and load the view again. */
  async act(work, done, failed = message => { state.notice = message; }) {
    rememberFocus();
    try {
      await work();
      state.notice = done;
    } catch (error) {
      failed(error.message);
    }
    await refresh(true);
  },
  reset: () => actions.act(() => post('reset'), FORGOTTEN),
};

function arrive(summary) {
  const before = state.summary;
  if (before && before.instance !== summary.instance) {
    state.notice = 'The emulator was restarted: all figures begin again.';
  } else if (before && before.resets !== summary.resets) {
    state.notice = FORGOTTEN; // a test may have done it, or another tab
  } else if (state.unreachable) {
    state.notice = 'The emulator answers again.';
  }
  const isOther = before?.instance !== summary.instance || before?.resets !== summary.resets;
  if (before && isOther) state.data = null;
  Object.assign(state, { summary, unreachable: false });
}

/** Load the summary, and the view if its time has come; only the newest turn may change the state. */
async function refresh(now = false) {
  if (state.paused && !now && state.data !== null) return;
  const mine = ++turn;
  if (now) loaded = -Infinity; // should another turn be faster, the view is still due
  try {
    const summary = await read('summary');
    if (mine !== turn) return;
    arrive(summary);
    const { view, filters } = state.route;
    const isDue = now || state.data === null || performance.now() - loaded >= VIEWS[view].every;
    if (isDue) {
      const data = await VIEWS[view].load(filters, state.data, state);
      if (mine !== turn) return;
      Object.assign(state, { data, error: '' });
      loaded = performance.now();
    }
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof Unreachable) state.unreachable = true;
    else state.error = error.message;
  }
  draw();
  restoreFocus();
}

async function follow() {
  const before = state.route?.view;
  rememberFocus();
  state.route = routeOf(location.hash);
  Object.assign(state, { data: null, error: '', notice: '' });
  draw();
  const isNew = before !== undefined && before !== state.route.view;
  if (isNew) document.getElementById('content').focus();
  await refresh(true);
}

async function live() {
  try {
    if (!document.hidden) await refresh();
  } finally {
    setTimeout(live, SECOND);
  }
}

document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault(); // the address is the view's
  document.getElementById('content').focus();
});
addEventListener('hashchange', follow);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
follow().finally(live);
