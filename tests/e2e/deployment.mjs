// Puts on anvil, out of the real contracts, what `bondstone up --bare` has from the start.

import { createPublicClient, createWalletClient, getContractAddress, http } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { MNEMONIC, request } from './chains.mjs';

/** Where Multicall3 is on every chain. */
const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11';
const ACCOUNTS = 10;
/** The account that owns the factories of bondstone. */
const OWNER = 2;

/** Name, contract and constructor arguments; a name in them stands for its address. */
const SINGLETONS = [
  ['OperatorRegistry', 'OperatorRegistry'],
  ['NetworkRegistry', 'NetworkRegistry'],
  ['VaultFactory', 'VaultFactory', '@owner'],
  ['DelegatorFactory', 'DelegatorFactory', '@owner'],
  ['SlasherFactory', 'SlasherFactory', '@owner'],
  ['NetworkMiddlewareService', 'NetworkMiddlewareService', '@NetworkRegistry'],
  ['OperatorMetadataService', 'MetadataService', '@OperatorRegistry'],
  ['NetworkMetadataService', 'MetadataService', '@NetworkRegistry'],
  [
    ...['OperatorVaultOptInService', 'OptInService', '@OperatorRegistry', '@VaultFactory'],
    'OperatorVaultOptInService',
  ],
  [
    ...['OperatorNetworkOptInService', 'OptInService', '@OperatorRegistry', '@NetworkRegistry'],
    'OperatorNetworkOptInService',
  ],
  [
    'VaultConfigurator',
    'VaultConfigurator',
    '@VaultFactory',
    '@DelegatorFactory',
    '@SlasherFactory',
  ],
  ['StakerRewards', 'DefaultStakerRewards', '@VaultFactory', '@NetworkMiddlewareService'],
  ['StakerRewardsFactory', 'DefaultStakerRewardsFactory', '@StakerRewards'],
  ['OperatorRewards', 'DefaultOperatorRewards', '@NetworkMiddlewareService'],
  ['OperatorRewardsFactory', 'DefaultOperatorRewardsFactory', '@OperatorRewards'],
];

const OPT_INS = ['@VaultFactory', '@OperatorVaultOptInService', '@OperatorNetworkOptInService'];
const DELEGATOR = [...OPT_INS, '@DelegatorFactory'];

/** Factory, contract and constructor arguments, in the order that fixes versions and types. */
const IMPLEMENTATIONS = [
  ['VaultFactory', 'Vault', '@DelegatorFactory', '@SlasherFactory', '@VaultFactory'],
  ['VaultFactory', 'VaultTokenized', '@DelegatorFactory', '@SlasherFactory', '@VaultFactory'],
  ['DelegatorFactory', 'NetworkRestakeDelegator', '@NetworkRegistry', ...DELEGATOR, 0n],
  ['DelegatorFactory', 'FullRestakeDelegator', '@NetworkRegistry', ...DELEGATOR, 1n],
  [
    ...['DelegatorFactory', 'OperatorSpecificDelegator', '@OperatorRegistry', '@NetworkRegistry'],
    ...[...DELEGATOR, 2n],
  ],
  [
    ...['DelegatorFactory', 'OperatorNetworkSpecificDelegator', '@OperatorRegistry'],
    ...['@NetworkRegistry', ...DELEGATOR, 3n],
  ],
  [
    ...['SlasherFactory', 'Slasher', '@VaultFactory', '@NetworkMiddlewareService'],
    ...['@SlasherFactory', 0n],
  ],
  [
    ...['SlasherFactory', 'VetoSlasher', '@VaultFactory', '@NetworkMiddlewareService'],
    ...['@NetworkRegistry', '@SlasherFactory', 1n],
  ],
];

/** Sends transactions without waiting and finds out at the end what became of them. */
class Deployer {
  constructor(url, artifacts, owner) {
    const transport = http(url);
    this.chain = createPublicClient({ chain: foundry, transport, pollingInterval: 20 });
    this.account = mnemonicToAccount(MNEMONIC, { addressIndex: owner });
    this.wallet = createWalletClient({ account: this.account, chain: foundry, transport });
    this.artifacts = artifacts;
    this.places = { owner: this.account.address };
    this.nonce = 0;
    this.sent = [];
  }

  send(name, args, request) {
    const nonce = this.nonce++;
    const [maxFeePerGas, maxPriorityFeePerGas] = [10n ** 10n, 0n];
    const transaction = { ...args, ...request, nonce, gas: 8_000_000n };
    const fees = { maxFeePerGas, maxPriorityFeePerGas };
    this.sent.push({ name, transaction: { ...transaction, ...fees } });
    return nonce;
  }

  resolve(args) {
    return args.map((arg) => {
      if (typeof arg !== 'string' || !arg.startsWith('@')) return arg;
      const place = this.places[arg.slice(1)];
      if (!place) throw new Error(`${arg} is used before it is deployed`);
      return place;
    });
  }

  deploy(name, contract, args) {
    const { abi, bytecode } = this.artifacts[contract];
    const nonce = this.send(name, { abi, bytecode, args: this.resolve(args) });
    this.places[name] = getContractAddress({ from: this.account.address, nonce: BigInt(nonce) });
  }

  call(contract, place, functionName, args) {
    const { abi } = this.artifacts[contract];
    const address = this.places[place];
    this.send(`${place}.${functionName}`, { abi, address, functionName, args: this.resolve(args) });
  }

  async settle() {
    const hashes = [];
    for (const { transaction } of this.sent) {
      const { bytecode } = transaction;
      hashes.push(
        await (bytecode
          ? this.wallet.deployContract(transaction)
          : this.wallet.writeContract(transaction)),
      );
    }
    for (const [index, hash] of hashes.entries()) {
      const { status } = await this.chain.waitForTransactionReceipt({ hash });
      if (status !== 'success') throw new Error(`anvil: ${this.sent[index].name} failed`);
    }
  }
}

/**
 * Deploys everything on an empty anvil, with the tokens that bondstone's banner lists; returns the
 * address of each contract and token by its name.
 */
export async function deploy(url, artifacts, tokens) {
  const deployer = new Deployer(url, artifacts, OWNER);
  for (const [name, contract, ...args] of SINGLETONS) deployer.deploy(name, contract, args);
  for (const [factory, contract, ...args] of IMPLEMENTATIONS) {
    deployer.deploy(contract, contract, args);
    deployer.call(factory, factory, 'whitelist', [`@${contract}`]);
  }
  for (const { symbol, name, decimals, faucet } of tokens) {
    deployer.deploy(symbol, 'Token', [name, symbol, decimals]);
    for (let index = 0; index < ACCOUNTS; index++) {
      const account = mnemonicToAccount(MNEMONIC, { addressIndex: index }).address;
      deployer.call('Token', symbol, 'mint', [account, faucet * 10n ** BigInt(decimals)]);
    }
  }
  await deployer.settle();
  await request(url, 'anvil_setCode', [MULTICALL3, artifacts.Batch.deployedBytecode]);
  return { ...deployer.places, Multicall3: MULTICALL3 };
}
