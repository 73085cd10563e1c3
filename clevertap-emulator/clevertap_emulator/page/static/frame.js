// What is around each view: title, navigation, pause and reset, what happened last.
import { html } from './lit-html/lit-html.js';
import { name } from './text.js';

export function frame(state, views, title, body, actions) {
  return html`
    <header>
      <div class="bar">
        <p class="brand"><a href="#/overview">CleverTap emulator</a></p>
        ${project(state.summary)}
        <div class="controls">
          ${liveness(state)}
          <button type="button" aria-pressed=${state.paused} @click=${actions.pause}>Pause</button>
          <button type="button" class="danger" @click=${ask}>Reset …</button>
        </div>
      </div>
      <nav aria-label="Views"><ul>${Object.entries(views).map(each => link(each, state.route.view))}</ul></nav>
    </header>
    <p role="status" class="notice ${state.unreachable ? 'bad' : ''}"><span>${notice(state)}</span></p>
    <main id="content" tabindex="-1" aria-labelledby="title">
      <h1 id="title">${title}</h1>
      ${state.error ? html`<p class="error" role="alert">${name(state.error)}</p>` : ''}
      ${body}
    </main>
    <footer><p>Not made by CleverTap. Nothing on this page leaves your computer.</p></footer>
    ${dialog(actions)}`;
}

const link = ([view, { title }], current) => html`<li>
  <a href="#/${view}" aria-current=${view === current ? 'page' : 'false'}>${title}</a>
</li>`;

function project(summary) {
  if (!summary) return html`<p class="project"></p>`;
  return html`<p class="project">
    <b>${name(summary.account_id)}</b> <span>${summary.timezone}</span> <span>${summary.today}</span>
  </p>`;
}

function liveness({ unreachable, paused }) {
  const [tone, word] = unreachable ? ['bad', 'No answer'] : paused ? ['idle', 'Paused'] : ['good', 'Live'];
  return html`<span class="dot ${tone}">${word}</span>`;
}

function notice({ unreachable, notice: text }) {
  if (!unreachable) return text ? name(text) : '';
  return 'The emulator does not answer. This page tries again every second.';
}

const ask = () => document.getElementById('reset').showModal();
const close = () => document.getElementById('reset').close();

function dialog(actions) {
  const confirm = () => {
    close();
    actions.reset();
  };
  return html`<dialog id="reset" aria-labelledby="reset-title" aria-describedby="reset-text">
    <h2 id="reset-title">Reset the emulator?</h2>
    <p id="reset-text">
      It forgets requests, uploads, faults and all changes by them. Open exports end.
      The generated history stays.
    </p>
    <div class="buttons">
      <button type="button" autofocus @click=${close}>Cancel</button>
      <button type="button" class="danger" @click=${confirm}>Reset</button>
    </div>
  </dialog>`;
}
