// One user: the profile, what was stored, what was refused.
import { html } from '../lit-html/lit-html.js';
import { read } from '../api.js';
import { asItCame, name } from '../text.js';
import { list } from './records.js';

export const title = 'Users';
export const every = Infinity; // a search is made when the reader asks for it

export const load = async ({ key }) => (key ? read('user', { key }) : {});

export const show = ({ route, data }, actions) => html`
  <form class="filters" role="search" @submit=${event => search(event, actions)}>
    <label>Identity, CleverTap ID or e-mail address
      <input name="key" type="search" required autocomplete="off" spellcheck="false" .value=${route.filters.key ?? ''}></label>
    <button type="submit">Search</button>
  </form>
  ${data.key === undefined ? '' : found(data)}`;

function search(event, actions) {
  event.preventDefault();
  const key = new FormData(event.currentTarget).get('key').trim();
  actions.go('users', { key });
}

function found({ key, profile, lists }) {
  const filled = lists.filter(each => each.total);
  return html`
    <section aria-labelledby="profile">
      <h2 id="profile">${name(profile?.name ?? profile?.identity ?? key)}</h2>
      ${profile ? facts(profile) : html`<p class="empty">There is no such user. Users that were deleted are not found.</p>`}
    </section>
    ${filled.map(each => html`<section>${list(each)}</section>`)}
    ${filled.length ? '' : html`<p class="empty">Nothing of this user was uploaded or refused.</p>`}`;
}

function facts(profile) {
  const several = values => values.map((each, place) => html`${place ? ', ' : ''}${name(each)}`);
  const values = {
    'Identities': several(profile.all_identities.length ? profile.all_identities : [profile.identity ?? 'none']),
    'CleverTap IDs': several(profile.object_ids),
    'Name': name(profile.name ?? '–'),
    'E-mail address': name(profile.email ?? '–'),
    'Telephone': name(profile.phone ?? '–'),
    'From': profile.generated ? 'the generated history' : 'an upload',
    'Properties': asItCame(profile.properties),
  };
  return html`<dl class="facts">
    ${Object.entries(values).map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}
