// One way to show a table: caption, headers, right-aligned figures.
import { html, nothing } from './lit-html/lit-html.js';
import { repeat } from './lit-html/directives/repeat.js';

/**
 * @param {object} given
 * @param {string} given.caption - what the table has; `hidden` shows it to screen readers only
 * @param {Array} given.heads - labels; a label that begins with '#' is of a column of figures
 * @param {Array} given.rows - `{key, cells, tone}`; the first cell is the row's header
 * @param {string} given.kind - classes; with `cards` a row is a card on a narrow screen
 * @param {string} given.empty - a sentence for a table without rows
 */
export function table({ caption, heads, rows, empty, hidden = false, kind = 'cards' }) {
  if (!rows.length) return html`<p class="empty">${empty}</p>`;
  const columns = heads.map(label => ({ label: label.replace('#', ''), figure: label.startsWith('#') }));
  return html`<table role="table" class=${kind}>
    <caption class=${hidden ? 'unseen' : ''}>${caption}</caption>
    <thead role="rowgroup"><tr role="row">${columns.map(head)}</tr></thead>
    <tbody role="rowgroup">${repeat(rows, row => row.key, row => line(columns, row))}</tbody>
  </table>`;
}

const head = column =>
  html`<th role="columnheader" scope="col" class=${column.figure ? 'n' : ''}>${column.label}</th>`;

const line = (columns, { cells, tone }) => html`<tr role="row" class=${tone ?? nothing}>
  ${cells.map((cell, place) => data(columns[place], cell, place))}
</tr>`;

function data({ label, figure }, cell, place) {
  const style = figure ? 'n' : '';
  const content = cell === '' || cell === null || cell === undefined ? '' : cell;
  const absent = content === '' ? ' absent' : '';
  return place === 0
    ? html`<th role="rowheader" scope="row" class=${style} data-label=${label}><div>${content}</div></th>`
    : html`<td role="cell" class=${style + absent} data-label=${label}><div>${content}</div></td>`;
}
