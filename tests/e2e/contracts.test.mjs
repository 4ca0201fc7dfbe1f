import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { artifacts } from './contracts.mjs';

/** Bytecode without the metadata at its end, whose length is in its last two bytes. */
function code(hex) {
  const length = Number.parseInt(hex.slice(-4), 16);
  return hex.slice(0, -2 * (length + 2));
}

test('the rewards contracts compile to the bytecode that their package publishes', async () => {
  const compiled = await artifacts();
  for (const kind of ['Staker', 'Operator']) {
    for (const name of [`Default${kind}Rewards`, `Default${kind}RewardsFactory`]) {
      const file = `node_modules/@symbioticfi/rewards/out/${name}.sol/${name}.json`;
      const published = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
      const [ours, theirs] = [compiled[name].deployedBytecode, published.deployedBytecode.object];
      assert.equal(code(ours), code(theirs), name);
    }
  }
});
