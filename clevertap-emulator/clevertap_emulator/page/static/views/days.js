// Events of each day, generated and uploaded, as a plot, in words and as figures.
import { html, svg } from '../lit-html/lit-html.js';
import { read } from '../api.js';
import { name, number, plural, visible } from '../text.js';
import { table } from '../table.js';

export const title = 'Days';
export const every = 5000;

const HEIGHT = 100;
const GAP = 0.15; // of a bar's place

export const load = ({ event }) => read('days', { event_name: event });

export const show = ({ data, summary }, actions) => html`
  <form class="filters" @change=${event => pick(event, actions)} @submit=${event => event.preventDefault()}>
    <label>Event <select name="event">
      <option value="">All events</option>
      ${isUnknown(data) ? html`<option value=${data.event_name} selected>${visible(data.event_name)}</option>` : ''}
      ${data.names.map(each => html`<option value=${each.name} ?selected=${each.name === data.event_name}>${visible(each.name)}</option>`)}
    </select></label>
  </form>
  ${isUnknown(data) ? html`<p class="empty">There is no event of this name.</p>` : ofDays(data, summary.timezone)}
  <section aria-labelledby="names"><h2 id="names">By event</h2>${byEvent(data)}</section>`;

const isUnknown = ({ event_name: asked, names }) => asked !== null && !names.some(each => each.name === asked);

const ofDays = (data, zone) => html`
  ${plot(data, zone)}
  ${notes(data)}
  <details><summary>Figures of each day</summary>${figures(data)}</details>`;

const pick = (event, actions) => actions.go('days', { event: new FormData(event.currentTarget).get('event') });

function plot(data, zone) {
  const totals = data.days.map((_, place) => data.generated[place] + data.uploaded[place]);
  const most = top(Math.max(...totals));
  const bars = totals.map((total, place) => bar(data, place, most));
  return html`<figure>
    <figcaption>${data.event_name === null ? 'All events' : name(data.event_name)}, by day in ${zone}
      <span class="legend"><i class="generated"></i>generated <i class="uploaded"></i>uploaded</span></figcaption>
    <div class="plot">
      <p class="axis" aria-hidden="true"><span>${number(most)}</span><span>${number(most / 2)}</span><span>0</span></p>
      <svg role="img" aria-label=${inWords(data, totals)} viewBox="0 0 ${totals.length} ${HEIGHT}" preserveAspectRatio="none">
        <path class="grid" d="M0 0H${totals.length}M0 ${HEIGHT / 2}H${totals.length}"/>${bars}
      </svg>
      <p class="dates" aria-hidden="true">${dates(data.days).map(day => html`<span>${day}</span>`)}</p>
    </div>
  </figure>`;
}

/** Return the end of the axis: a round, even number that is not less. */
function top(count) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(count, 1))) - 1);
  return Math.max(2, Math.ceil(count / (2 * step)) * 2 * step);
}

function bar({ days, generated, uploaded }, place, most) {
  const [low, high] = [generated[place], uploaded[place]].map(count => (count * HEIGHT) / most);
  const [x, width] = [place + GAP, 1 - 2 * GAP];
  return svg`<g><title>${days[place]}: ${number(generated[place])} generated, ${number(uploaded[place])} uploaded</title>
    <rect class="generated" x=${x} width=${width} y=${HEIGHT - low} height=${low} />
    <rect class="uploaded" x=${x} width=${width} y=${HEIGHT - low - high} height=${high} /></g>`;
}

const dates = days => (days.length < 3 ? days : [days[0], days[Math.floor(days.length / 2)], days.at(-1)]);

function inWords(data, totals) {
  const best = totals.indexOf(Math.max(...totals));
  const sum = values => number(values.reduce((one, other) => one + other, 0));
  return `Events of ${plural(totals.length, 'day')}, ${data.days[0]} to ${data.days.at(-1)}: ` +
    `${sum(data.generated)} generated, ${sum(data.uploaded)} uploaded; ` +
    `most on ${data.days[best]}, ${number(totals[best])}`;
}

function notes({ outside, unknown }) {
  return html`
    ${outside ? html`<p class="hint">${plural(outside, 'uploaded event')} happened on other days, before or after these.</p>` : ''}
    ${unknown.length ? html`<p class="hint">Generated events of ${unknown.join(', ')} are counted once an export has read them.</p>` : ''}`;
}

function figures({ days, generated, uploaded, unknown }) {
  const rows = days.map((day, place) => ({
    key: day,
    cells: [day, unknown.includes(day) ? `${number(generated[place])} or more` : number(generated[place]), number(uploaded[place])],
  }));
  return table({
    caption: 'Events of each day', hidden: true, kind: 'narrow', rows,
    heads: ['Day', '#Generated', '#Uploaded'], empty: '',
  });
}

function byEvent({ names, left_out: more }) {
  const rows = names.map(each => ({
    key: each.name,
    cells: [html`<a href="#/days?event=${encodeURIComponent(each.name)}">${name(each.name)}</a>`, number(each.generated), number(each.uploaded)],
  }));
  return html`${table({
    caption: 'Events by name, the most uploaded first', hidden: true, kind: 'narrow', rows,
    heads: ['Event', '#Generated', '#Uploaded'], empty: 'There is no event.',
  })}${more ? html`<p class="hint">${plural(more, 'further name')} with fewer events.</p>` : ''}`;
}
