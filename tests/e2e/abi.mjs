// Signatures as people write them, for both clients: 'deposit(address,uint256)(uint256,uint256)'.

import { parseAbiItem } from 'viem';

/** The text up to the bracket that closes the first one, and what follows it. */
function brackets(text) {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    if (text[at] === ')' && --depth === 0) return [text.slice(1, at), text.slice(at + 1)];
  }
  throw new Error(`brackets do not match in ${text}`);
}

/** 'a,(b,c)[],d' as ['a', '(b,c)[]', 'd']. */
export function split(types) {
  const parts = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at <= types.length; at++) {
    if (types[at] === '(') depth++;
    if (types[at] === ')') depth--;
    if ((types[at] === ',' || at === types.length) && depth === 0) {
      if (at > start) parts.push(types.slice(start, at));
      start = at + 1;
    }
  }
  return parts;
}

/** Name, argument types and result types of a signature. */
export function parts(signature) {
  const open = signature.indexOf('(');
  const [inputs, rest] = brackets(signature.slice(open));
  const outputs = rest === '' ? '' : brackets(rest)[0];
  return { name: signature.slice(0, open), inputs: split(inputs), outputs: split(outputs) };
}

/** What viem calls an ABI, for one function. */
export function abiOf(signature) {
  const { name, inputs, outputs } = parts(signature);
  const results = outputs.length > 0 ? ` view returns (${outputs.join(', ')})` : '';
  return [parseAbiItem(`function ${name}(${inputs.join(', ')})${results}`)];
}

/** What viem calls an ABI, for one error. */
export function errorOf(signature) {
  return parseAbiItem(`error ${signature}`);
}

/** A value as cast reads it on its command line. */
export function castText(type, value) {
  if (type.endsWith(']')) {
    const element = type.slice(0, type.lastIndexOf('['));
    return `[${value.map((one) => castText(element, one)).join(',')}]`;
  }
  if (type.startsWith('(')) {
    const inner = split(type.slice(1, -1));
    return `(${inner.map((one, index) => castText(one, value[index])).join(',')})`;
  }
  return String(value);
}

/** A decoded value in the one form that both clients' answers are compared in. */
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object') return Object.values(value).map(plain);
  return typeof value === 'string' && value.startsWith('0x') ? value.toLowerCase() : String(value);
}
