// Merkle trees of rewards, made without Bondstone. `crates/rewards/tests/npm.rs` compares.
//
//   node merkle.mjs make COUNT    trees over COUNT leaves of each format, as JSON
//   node merkle.mjs check FILE    loads the dump in FILE with npm's library and verifies its proofs
//   node merkle.mjs time COUNT    seconds that npm's library takes for a tree of COUNT leaves, the
//                                 root, and how much memory the process took

import { readFileSync } from 'node:fs';
import { SimpleMerkleTree, StandardMerkleTree } from '@openzeppelin/merkle-tree';
import { concatHex, encodeAbiParameters, encodePacked, getAddress, keccak256, toHex } from 'viem';

const OPERATOR = ['address', 'uint256'];
const ZERO = toHex(0, { size: 32 });

/** A word that looks random and is the same every time. */
function word(kind, n) {
  return keccak256(toHex(`${kind} ${n}`));
}

function address(kind, n) {
  return getAddress(`0x${word(kind, n).slice(26)}`);
}

/** An amount of any magnitude, zero and the largest included. */
function amount(n) {
  if (n === 1) return 0n;
  if (n === 2) return (1n << 256n) - 1n;
  return BigInt(word('amount', n)) >> BigInt((n * 37) % 256);
}

function leafOf(types, values) {
  return keccak256(encodeAbiParameters(types.map((type) => ({ type })), values));
}

function sortedPair(a, b) {
  return keccak256(concatHex(a < b ? [a, b] : [b, a]));
}

/** Row by row; `up` says what becomes of an odd node, by its row. */
function rows(leaves, pair, up) {
  const all = [leaves];
  while (all.at(-1).length > 1) {
    const [row, number] = [all.at(-1), all.length - 1];
    const above = [];
    for (let n = 0; n < row.length; n += 2) {
      above.push(n + 1 < row.length ? pair(row[n], row[n + 1]) : up(row[n], number));
    }
    all.push(above);
  }
  return all;
}

/** Leaves filled up with zero words to a power of two, pairs as they stand. */
function positional(leaves) {
  let size = 1;
  while (size < leaves.length) size *= 2;
  const filled = [...leaves, ...Array(size - leaves.length).fill(ZERO)];
  const all = rows(filled, (a, b) => keccak256(concatHex([a, b])));
  const proof = (index) => all.slice(0, -1).map((row, number) => row[(index >> number) ^ 1]);
  return { root: all.at(-1)[0], proof };
}

function operator(count) {
  const values = Array.from({ length: count }, (_, n) => [address('account', n), `${amount(n)}`]);
  const tree = StandardMerkleTree.of(values, OPERATOR);
  return { dump: tree.dump(), proofs: values.map((_, n) => tree.getProof(n)) };
}

function cumulative(count) {
  const leaves = Array.from({ length: count }, (_, n) => ({
    rewardee: address('rewardee', n),
    chainId: n % 3 ? 1 : 31337,
    token: address('token', n % 4),
    rewardeeType: `${n % 2}`,
    amount: `${amount(n)}`,
    rewardeeDataHash: word('data', n),
  }));
  const types = ['address', 'uint256', 'address', 'uint256', 'uint256', 'bytes32'];
  const hashes = leaves.map((leaf) => leafOf(types, Object.values(leaf)));
  const tree = SimpleMerkleTree.of(hashes);
  return { leaves, root: tree.root, proofs: hashes.map((_, n) => tree.getProof(n)) };
}

function merkl(count) {
  const leaves = Array.from({ length: count }, (_, n) => ({
    user: address('user', n),
    token: address('token', n % 5),
    cumulativeAmount: `${amount(n)}`,
  }));
  const types = ['address', 'address', 'uint256'];
  const hashes = leaves.map((leaf) => leafOf(types, Object.values(leaf))).sort();
  return { leaves, root: rows(hashes, sortedPair, (odd) => odd).at(-1)[0] };
}

function eigenlayer(count) {
  const byAddress = (a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);
  const range = (length, kind) => Array.from({ length }, (_, n) => address(kind, n)).sort(byAddress);
  const earners = range(count, 'earner').map((earner, place) => {
    const tokens = range((place % 6) + 1, 'token').map((token, n) => ({
      token,
      cumulativeEarnings: `${amount(place + n)}`,
    }));
    const leaves = tokens.map(({ token, cumulativeEarnings }) =>
      keccak256(encodePacked(['uint8', 'address', 'uint256'], [1, token, cumulativeEarnings])),
    );
    return { earner, tokens, tree: positional(leaves) };
  });
  const leaves = earners.map(({ earner, tree }) =>
    keccak256(encodePacked(['uint8', 'address', 'bytes32'], [0, earner, tree.root])),
  );
  const tree = positional(leaves);
  const claims = earners.map(({ earner, tokens, tree: own }, place) => ({
    earner,
    earnerTokenRoot: own.root,
    earnerProof: tree.proof(place),
    tokens: tokens.map((token, n) => ({ ...token, proof: own.proof(n) })),
  }));
  return { root: tree.root, claims };
}

function check(path) {
  const { dump, proofs } = JSON.parse(readFileSync(path, 'utf8'));
  // Loading validates every node.
  const tree = StandardMerkleTree.load(dump);
  for (const [n, value] of tree.entries()) {
    if (!StandardMerkleTree.verify(tree.root, OPERATOR, value, proofs[n])) {
      throw new Error(`the proof of value ${n} does not verify`);
    }
  }
}

function time(count) {
  const values = Array.from({ length: count }, (_, n) => [
    `0x${(BigInt(n) * 0x9e3779b97f4a7c15n + 1n).toString(16).padStart(40, '0').slice(-40)}`,
    `${n}`,
  ]);
  const start = process.hrtime.bigint();
  const { root } = StandardMerkleTree.of(values, OPERATOR);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { seconds, root, bytes: process.resourceUsage().maxRSS * 1024 };
}

const [command, argument] = process.argv.slice(2);
if (command === 'make') {
  const count = Number(argument);
  const trees = { operator, cumulative, merkl, eigenlayer };
  const made = Object.entries(trees).map(([name, make]) => [name, make(count)]);
  console.log(JSON.stringify(Object.fromEntries(made)));
} else if (command === 'check') {
  check(argument);
} else if (command === 'time') {
  console.log(JSON.stringify(time(Number(argument))));
} else {
  console.error('usage: node merkle.mjs make COUNT | check FILE | time COUNT');
  process.exit(2);
}
