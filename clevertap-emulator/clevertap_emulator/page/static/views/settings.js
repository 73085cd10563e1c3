// The settings that the emulator runs with; the passcode does not come here.
import { html } from '../lit-html/lit-html.js';
import { read } from '../api.js';
import { name } from '../text.js';
import { table } from '../table.js';

export const title = 'Settings';
export const every = Infinity; // a restart loads them again

export const load = () => read('settings');

export const show = ({ data }) => html`
  <p class="hint">These are the flags of <code>clevertap-emulator</code>. The passcode is not shown.</p>
  ${table({
    caption: 'Settings of this emulator', kind: 'cards settings', rows: data.settings.map(row),
    heads: ['Flag', 'Value', 'Default', 'Meaning'], empty: '',
  })}`;

function row({ flag, value, default: usual, meaning }) {
  const changed = JSON.stringify(value) !== JSON.stringify(usual);
  return {
    key: flag,
    tone: changed ? 'changed' : '',
    cells: [html`<code>${flag}</code>`, changed ? html`<b>${written(value)}</b>` : written(value), written(usual), meaning],
  };
}

function written(value) {
  if (value === null || value.length === 0) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return name(Array.isArray(value) ? value.join(', ') : value);
}
