// The scenario's client on viem.

import {
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  encodeAbiParameters,
  encodeFunctionData,
  http,
  parseAbiParameters,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { abiOf, errorOf, parts, plain } from './abi.mjs';
import { MNEMONIC } from './chains.mjs';

export class ViemClient {
  constructor(url) {
    this.transport = http(url);
    const chain = { chain: foundry, transport: this.transport, pollingInterval: 20 };
    this.chain = createPublicClient(chain);
    this.wallets = Array.from({ length: 10 }, (_, addressIndex) => {
      const account = mnemonicToAccount(MNEMONIC, { addressIndex });
      return createWalletClient({ account, ...chain });
    });
  }

  /** Sends a call; its receipt, in the raw form of JSON-RPC. */
  async send(from, address, signature, args, gas) {
    const [wallet, abi] = [this.wallets[from], abiOf(signature)];
    const hash = await wallet.writeContract({ address, abi, functionName: abi[0].name, args, gas });
    const receipt = await this.chain.waitForTransactionReceipt({ hash });
    const logs = receipt.logs.map(({ address, topics, data }) => ({ address, topics, data }));
    const { blockNumber } = receipt;
    return { hash, status: receipt.status === 'success', blockNumber: Number(blockNumber), logs };
  }

  /** Calls without a transaction: { values } or { revert: { data, decoded } }. */
  async call(from, address, signature, args, error) {
    const account = this.wallets[from].account.address;
    const abi = [...abiOf(signature), ...(error ? [errorOf(error)] : [])];
    try {
      const call = { account, address, abi, functionName: abi[0].name, args };
      const { result } = await this.chain.simulateContract(call);
      const count = parts(signature).outputs.length;
      return { values: count === 0 ? [] : plain(count === 1 ? [result] : result) };
    } catch (caught) {
      const revert = caught.walk?.((cause) => cause instanceof ContractFunctionRevertedError);
      if (!revert) throw caught;
      const { errorName, args = [] } = revert.data ?? {};
      const decoded = errorName ? { error: errorName, values: plain(args) } : undefined;
      return { revert: { data: revert.raw ?? '0x', decoded } };
    }
  }

  async encode(types, values) {
    return encodeAbiParameters(parseAbiParameters(types.join(', ')), values);
  }

  async calldata(signature, args) {
    const abi = abiOf(signature);
    return encodeFunctionData({ abi, functionName: abi[0].name, args });
  }

  async sign(from, typed) {
    const { EIP712Domain: _, ...types } = typed.types;
    return this.wallets[from].account.signTypedData({ ...typed, types });
  }

  /** Every log since a block, in order. */
  async logs(fromBlock) {
    const logs = await this.chain.getLogs({ fromBlock: BigInt(fromBlock) });
    return logs.map(({ address, topics, data }) => ({ address, topics, data }));
  }
}
