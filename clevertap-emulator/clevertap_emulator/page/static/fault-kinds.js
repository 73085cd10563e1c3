// The usual faults: what each does to which requests. The README has all that a fault can do.

/** `value` is the figure that a fault takes: its label, its usual value, its largest. */
export const FAULTS = {
  busy: {
    label: '429, too many requests',
    action: () => ({ status: 429, body: { status: 'fail', error: 'Too many concurrent requests', code: 429 } }),
  },
  away: {
    label: '503 with Retry-After',
    value: ['Seconds of Retry-After', 2, 3600],
    action: seconds => ({ status: 503, headers: { 'Retry-After': String(seconds) } }),
  },
  gateway: { label: '502 with the page of a gateway', action: () => ({ status: 502, html: true }) },
  cut: { label: 'Connection cut, without effect', action: () => ({ cut: 'before' }) },
  cutAfter: { label: 'Connection cut after the effect', action: () => ({ cut: 'after' }) },
  truncated: {
    label: 'Response cut in the middle',
    value: ['Bytes that arrive', 20, 1e9],
    action: bytes => ({ truncate: bytes }),
  },
  slow: { label: 'Slow response', value: ['Seconds', 5, 3600], action: seconds => ({ delay: seconds }) },
  expired: { label: 'Expired cursor', kind: 'page', action: () => ({ expire_cursor: true }) },
  preparing: {
    label: 'Export still in progress',
    kind: 'page',
    value: ['Times', 3, 1e6],
    action: times => ({ reset_code2: times }),
  },
  refused: {
    label: 'First record refused with a code',
    kind: 'upload',
    value: ['Code', 555, 999],
    action: code => ({ record_code: { 1: code } }),
  },
  miscounted: {
    label: 'Counts differ by',
    kind: 'count',
    value: ['Difference', 1, 1e9],
    action: difference => ({ count: { add: difference } }),
  },
};

/** How often a fault fires; `value` as above. */
export const RATES = {
  each: { label: 'On each request', match: () => ({}) },
  first: { label: 'On the first requests only', value: ['Requests', 1, 1e9], match: times => ({ times }) },
  nth: { label: 'On every nth request', value: ['n', 3, 1e9], match: every => ({ every }) },
  share: { label: 'On a share, by the seed', value: ['Percent', 20, 100], match: percent => ({ rate: percent / 100 }) },
};

/** Return the fault that a form describes. */
export function faultOf({ fault, kind, event, value, rate, rateValue }) {
  return {
    match: {
      ...(kind ? { kind } : {}),
      ...(event ? { event_name: event } : {}),
      ...RATES[rate].match(Number(rateValue)),
    },
    action: FAULTS[fault].action(Number(value)),
  };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Return the name of an action, if it is a usual one. */
export function labelOf(action) {
  const figure = /-?\d+(\.\d+)?/;
  const given = JSON.stringify(action).match(new RegExp(figure, 'g')) ?? [];
  const isUsual = ([, { action: make }]) => ['', ...given].some(each => same(sorted(make(Number(each))), sorted(action)));
  return Object.entries(FAULTS).find(isUsual)?.[1].label ?? null;
}

const sorted = content => Object.fromEntries(Object.entries(content).sort());
