import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abiOf, castText, parts, plain } from './abi.mjs';
import { compare, compareSignatures, counts } from './comparison.mjs';
import { Exclusions } from './exclusions.mjs';
import { Names } from './names.mjs';

const log = { event: 'Transfer', address: '<token>', topics: ['0x01', '0x02'], data: '0x05' };
const record = { step: 'a transfer', status: true, logs: [log] };
const refusal = {
  step: 'too much',
  status: false,
  logs: [],
  revert: { data: '0x00', decoded: { error: 'No', values: [] } },
};
const question = { step: 'a balance', values: ['5'] };
const play = (title, ...records) => ({ title, records });
const reference = play('one', record, refusal, question);

test('equal plays have no differences', () => {
  assert.deepEqual(compare(reference, play('two', record, refusal, question)), []);
});

test('a difference is shown with its step, its place and both values', () => {
  const doctored = {
    'logs.0.data': { ...record, logs: [{ ...log, data: '0x06' }] },
    'logs.0.topics.1': { ...record, logs: [{ ...log, topics: ['0x01', '0x03'] }] },
    'logs.0.address': { ...record, logs: [{ ...log, address: '0xaa' }] },
    'logs.1': { ...record, logs: [log, log] },
    'logs.0': { ...record, logs: [] },
    status: { ...record, status: false },
  };
  for (const [path, other] of Object.entries(doctored)) {
    const lines = compare(reference, play('two', other, refusal, question));
    assert.equal(lines[0], 'step 0: a transfer');
    assert.equal(lines[1], `  ${path}`);
    assert.equal(lines.length, 4, path);
  }
  const revert = { ...refusal.revert, data: '0x01' };
  assert.equal(
    compare(reference, play('two', record, { ...refusal, revert }, question))[1],
    '  revert.data',
  );
  const views = compare(reference, play('two', record, refusal, { ...question, values: ['6'] }));
  assert.deepEqual(
    views.slice(1).map((line) => line.trim().split(/ {2,}/)),
    [['values.0'], ['one', '"5"'], ['two', '"6"']],
  );
  assert.ok(compare(reference, play('two', record, refusal)).length > 0);
});

test('logs in another order differ', () => {
  const [first, second] = [log, { ...log, data: '0x07' }];
  const want = play('one', { ...record, logs: [first, second] });
  assert.ok(compare(want, play('two', { ...record, logs: [second, first] })).length > 0);
});

test('signatures are compared between the clients of one chain', () => {
  const signing = (chain, bytes) => ({ title: chain, chain, signatures: new Map([['in', bytes]]) });
  const [one, other] = [signing('anvil', '0x01'), signing('bondstone', '0x02')];
  assert.deepEqual(compareSignatures([one, other, signing('anvil', '0x01')]), []);
  assert.equal(compareSignatures([one, other, signing('anvil', '0x03')]).length, 1);
});

test('a play is counted', () => {
  const signature = { step: 'a signature', bytes: 65 };
  assert.deepEqual(counts(play('one', record, refusal, question, signature)), {
    operations: 2,
    failing: 1,
    logs: 1,
    views: 1,
    signatures: 1,
    errors: 1,
  });
});

test('addresses are named wherever they stand, and strangers keep theirs', () => {
  const network = '0xAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAa';
  const names = new Names({ network });
  const identifier = '0'.repeat(23) + '7';
  assert.equal(names.replace(`${network}${identifier}`), `0x<network>${identifier}`);
  const stranger = `0x${'bb'.repeat(20)}`;
  assert.deepEqual(names.replace([stranger, 'text', network]), [stranger, 'text', '0x<network>']);
  names.add('late', stranger);
  assert.equal(names.replace(stranger), '0x<late>');
  assert.throws(() => names.add('again', stranger), /is late/);
  assert.throws(() => names.address('nobody'), /nobody/);
});

test('an exclusion is documented and occurs as often as documented', () => {
  const exclusions = new Exclusions();
  assert.throws(() => exclusions.total(), /0 exclusions, 4 expected/);
  assert.throws(() => exclusions.count('whatever'), /no documented difference/);
});

test('signatures are read by both clients alike', () => {
  const signature = 'create((uint64,bytes)[],address)((bool,bytes)[],uint256)';
  assert.deepEqual(parts(signature), {
    name: 'create',
    inputs: ['(uint64,bytes)[]', 'address'],
    outputs: ['(bool,bytes)[]', 'uint256'],
  });
  assert.equal(abiOf(signature)[0].inputs[0].type, 'tuple[]');
  assert.equal(
    castText('(uint64,bytes)[]', [
      [1n, '0x'],
      [2n, '0xab'],
    ]),
    '[(1,0x),(2,0xab)]',
  );
  assert.deepEqual(plain([{ a: 1n, b: true }, '0xAB', 'Text']), [['1', 'true'], '0xab', 'Text']);
});
