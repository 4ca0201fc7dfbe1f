// Plays the scenario on bondstone and on the real contracts on anvil, with viem and with cast, and
// compares all four.
//
// Usage: node run.mjs BONDSTONE [viem] [cast], the path of the program and the clients; both unless
// one is named.

import { mnemonicToAccount } from 'viem/accounts';
import { CastClient } from './cast-client.mjs';
import { MNEMONIC, startAnvil, startBondstone } from './chains.mjs';
import { compare, compareSignatures, counts } from './comparison.mjs';
import { artifacts } from './contracts.mjs';
import { deploy } from './deployment.mjs';
import { Exclusions } from './exclusions.mjs';
import { Names } from './names.mjs';
import { Play, findImplementations } from './playing.mjs';
import { PARTS, scenario } from './scenario.mjs';
import { ViemClient } from './viem-client.mjs';

const CLIENTS = { viem: ViemClient, cast: CastClient };
const LEAST_OPERATIONS = 110;
const LEAST_FAILING = 20;

function accounts() {
  const entries = Object.entries(PARTS).map(([name, addressIndex]) => {
    return [name, mnemonicToAccount(MNEMONIC, { addressIndex }).address];
  });
  return Object.fromEntries(entries);
}

/** Plays with one client on both chains at once; anvil gets the tokens that bondstone lists. */
async function playWith(kind, program, compiled, steps, running) {
  const [bondstone, anvil] = await Promise.all([startBondstone(program), startAnvil()]);
  running.push(bondstone, anvil);
  const client = new CLIENTS[kind](bondstone.url);
  const tokens = [];
  for (const token of bondstone.tokens) {
    const { values } = await client.call(0, token.address, 'name()(string)', []);
    tokens.push({ ...token, name: values[0] });
  }
  const own = Object.fromEntries(tokens.map(({ symbol, address }) => [symbol, address]));
  const native = new Names({ ...bondstone.contracts, ...own, ...accounts() });
  await findImplementations(client, native);
  const { owner: _, ...deployed } = await deploy(anvil.url, compiled, tokens);
  const real = new Names({ ...deployed, ...accounts() });
  const play = (chain, url, of, names, more) =>
    new Play({
      chain,
      title: `${chain}, ${kind}`,
      url,
      client: of,
      names,
      artifacts: compiled,
      ...more,
    });
  const plays = [
    play('anvil', anvil.url, new CLIENTS[kind](anvil.url), real),
    play('bondstone', bondstone.url, client, native, { exclusions: new Exclusions() }),
  ];
  await Promise.all(plays.map((play) => play.run(steps)));
  return plays;
}

/** Prints what was compared; fails on any difference. */
function judge(plays) {
  const [reference, ...others] = plays;
  const differing = others.flatMap((play) => {
    const lines = compare(reference, play);
    return lines.length > 0 ? [`${play.title} differs from ${reference.title}:`, ...lines] : [];
  });
  differing.push(...compareSignatures(plays));
  for (const play of plays) {
    const { operations, failing, logs, views, signatures, errors } = counts(play);
    const excluded = play.exclusions ? play.exclusions.total() : 0;
    console.log(
      `${play.title}: ${operations} operations (${failing} failing, with ${errors} errors), ` +
        `${logs} logs, ${views} views, ${signatures} signatures, ` +
        `${play.countedAddresses.exact} addresses by CREATE2, ${excluded} exclusions`,
    );
    if (operations < LEAST_OPERATIONS || failing < LEAST_FAILING) {
      throw new Error('the scenario has become too small to show anything');
    }
  }
  if (differing.length > 0) {
    console.error(differing.join('\n'));
    process.exitCode = 1;
    return;
  }
  console.log('no differences');
}

const [program, ...chosen] = process.argv.slice(2);
const kinds = chosen.length > 0 ? chosen : Object.keys(CLIENTS);
if (!program || kinds.some((kind) => !(kind in CLIENTS))) {
  console.error(
    'usage: node run.mjs BONDSTONE [viem] [cast], the path of the program and the clients',
  );
  process.exit(2);
}
try {
  const compiled = await artifacts();
  const steps = scenario();
  const running = [];
  const plays = await Promise.all(
    kinds.map((kind) => playWith(kind, program, compiled, steps, running)),
  );
  judge(plays.flat());
  await Promise.all(running.map(({ stop }) => stop()));
} catch (error) {
  console.error(error.message);
  // What still runs ends with this process.
  process.exit(1);
}
