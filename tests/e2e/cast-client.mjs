// The scenario's client on cast: one process per request, as in a person's shell.

import { execFile } from 'node:child_process';
import { mnemonicToAccount } from 'viem/accounts';
import { castText, parts, plain } from './abi.mjs';
import { MNEMONIC, foundry } from './chains.mjs';

/** Reads cast's JSON, in which numbers of any size stand alone on a line, without rounding them. */
function readJson(text) {
  return JSON.parse(text.replace(/^(\s*)(-?\d+)(,?)$/gm, '$1"$2"$3'));
}

function texts(types, values) {
  return types.map((type, index) => castText(type, values[index]));
}

export class CastClient {
  /** What cast said to questions that no chain answers, by the question. */
  said = new Map();

  constructor(url) {
    this.program = foundry('cast');
    // Nothing here may leave the machine.
    const quiet = { FOUNDRY_DISABLE_NIGHTLY_WARNING: '1', NO_COLOR: '1', ETH_RPC_TIMEOUT: '20' };
    this.environment = { ...process.env, ...quiet, ETH_RPC_URL: url };
    this.accounts = Array.from({ length: 10 }, (_, addressIndex) => {
      const account = mnemonicToAccount(MNEMONIC, { addressIndex });
      const key = `0x${Buffer.from(account.getHdKey().privateKey).toString('hex')}`;
      return { address: account.address, key };
    });
  }

  /** Runs cast; its standard output, or its complaint as an error. */
  run(...args) {
    return new Promise((resolve, reject) => {
      const options = { env: this.environment, maxBuffer: 1 << 26 };
      execFile(this.program, args, options, (error, stdout, stderr) => {
        if (!error) return resolve(stdout.trim());
        reject(Object.assign(new Error(`cast ${args.join(' ')}\n${stderr.trim()}`), { stderr }));
      });
    });
  }

  /** The same for a command that depends on nothing but its arguments. */
  pure(...args) {
    const question = args.join('\n');
    if (!this.said.has(question)) this.said.set(question, this.run(...args));
    return this.said.get(question);
  }

  async send(from, address, signature, args, gas) {
    const { name, inputs } = parts(signature);
    const call = [address, `${name}(${inputs.join(',')})`, ...texts(inputs, args)];
    const signer = ['--private-key', this.accounts[from].key, '--gas-limit', String(gas)];
    const hash = await this.run('send', '--async', ...signer, ...call);
    const receipt = JSON.parse(await this.run('receipt', '--json', hash));
    const logs = receipt.logs.map(({ address, topics, data }) => ({ address, topics, data }));
    const { status, blockNumber } = receipt;
    return { hash, status: status === '0x1', blockNumber: Number(blockNumber), logs };
  }

  async call(from, address, signature, args, error) {
    const { inputs, outputs } = parts(signature);
    const call = [address, signature, ...texts(inputs, args)];
    try {
      const caller = ['--from', this.accounts[from].address];
      const out = await this.run('call', '--json', ...caller, ...call);
      return { values: outputs.length === 0 ? [] : plain(readJson(out)) };
    } catch (caught) {
      if (!/execution reverted/.test(caught.stderr ?? '')) throw caught;
      const data = caught.stderr.match(/data: "(0x[0-9a-f]*)"/)?.[1] ?? '0x';
      return { revert: { data, decoded: error && (await this.decode(error, data)) } };
    }
  }

  /** An error by its signature; undefined when the data is not that error. */
  async decode(signature, data) {
    if ((await this.pure('sig', signature)) !== data.slice(0, 10)) return undefined;
    const { name, inputs } = parts(signature);
    const out =
      inputs.length > 0 && (await this.pure('decode-error', '--json', '--sig', signature, data));
    return { error: name, values: out ? plain(readJson(out)) : [] };
  }

  encode(types, values) {
    return this.pure('abi-encode', `f(${types.join(',')})`, ...texts(types, values));
  }

  calldata(signature, args) {
    const { name, inputs } = parts(signature);
    return this.pure('calldata', `${name}(${inputs.join(',')})`, ...texts(inputs, args));
  }

  sign(from, typed) {
    const text = JSON.stringify(typed, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    return this.run('wallet', 'sign', '--private-key', this.accounts[from].key, '--data', text);
  }

  async logs(fromBlock) {
    const logs = JSON.parse(await this.run('logs', '--json', '--from-block', String(fromBlock)));
    return logs.map(({ address, topics, data }) => ({ address, topics, data }));
  }
}
