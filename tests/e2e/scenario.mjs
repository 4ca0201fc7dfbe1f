// The scenario: what is done, by whom, at which second, and what is asked in between. Data only: it
// knows no client and no chain.
//
// In arguments, '@name' stands for an address, and an object with one key for bytes that depend on
// addresses: { subnetwork: [network, identifier] }, { encode: [types, values] },
// { calldata: [signature, arguments] }, { signature: name } of an earlier step. Steps are of the
// kinds send, view and sign.

import { mnemonicToAccount } from 'viem/accounts';
import { MNEMONIC } from './chains.mjs';
import { delegation } from './scenario/delegation.mjs';
import { deposits } from './scenario/deposits.mjs';
import { exits } from './scenario/exits.mjs';
import { factories } from './scenario/factories.mjs';
import { operatorRewards, stakerRewards } from './scenario/rewards.mjs';
import { optIns, registration } from './scenario/registries.mjs';
import { slashing, vetoes } from './scenario/slashing.mjs';
import { vaults } from './scenario/vaults.mjs';

/** Which developer account plays which part. */
export const PARTS = {
  alice: 0,
  bob: 1,
  curator: 2,
  hyperlane: 3,
  tanssi: 4,
  middleware: 5,
  operatorA: 6,
  operatorB: 7,
  carol: 8,
  resolver: 9,
};

function account(addressIndex) {
  return mnemonicToAccount(MNEMONIC, { addressIndex }).address;
}

/** Second of the first transaction: the same on all chains, later than any clock of today. */
const START = 2_000_000_000;
/** Seconds between two transactions, unless the story waits. */
const BLOCK = 12;

/** Collects steps. */
class Story {
  steps = [];
  now = START;
  /** Address of each part, for what has to be computed from it before anything runs. */
  accounts = Object.fromEntries(
    Object.entries(PARTS).map(([name, index]) => [name, account(index)]),
  );

  /** Lets time pass before the next transaction. */
  wait(seconds) {
    this.now += seconds;
  }

  /**
   * A transaction that succeeds; returns its second. `entities` names what it creates: the factory
   * that logs the new address, and the name; `clones` says how a factory chose that address.
   */
  send(from, to, signature, args = [], more = {}) {
    this.now += BLOCK;
    this.steps.push({ kind: 'send', at: this.now, from, to, signature, args, ...more });
    return this.now;
  }

  /** A transaction that reverts with an error, given by its signature and values. */
  fail(error, values, from, to, signature, args = []) {
    return this.send(from, to, signature, args, { fails: { error, values } });
  }

  /** A transaction that reverts without data. */
  failEmpty(from, to, signature, args = []) {
    return this.send(from, to, signature, args, { fails: {} });
  }

  /** A question to the state after the last transaction. */
  view(to, signature, args = []) {
    this.steps.push({ kind: 'view', to, signature, args });
  }

  /** A question that reverts. */
  viewFails(error, values, to, signature, args = []) {
    this.steps.push({ kind: 'view', to, signature, args, fails: { error, values } });
  }

  /** A signature of typed data, kept under a name. */
  sign(name, from, typed) {
    this.steps.push({ kind: 'sign', name, from, typed });
  }
}

/** All steps, in order. */
export function scenario() {
  const story = new Story();
  registration(story);
  vaults(story);
  optIns(story);
  deposits(story);
  delegation(story);
  slashing(story);
  stakerRewards(story);
  exits(story);
  vetoes(story);
  operatorRewards(story);
  factories(story);
  return story.steps;
}
