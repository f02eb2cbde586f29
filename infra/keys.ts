import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Key, KeySpec, KeyUsage, type IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** Accounts of ours at the venue; each agent of one signs with a key of its own. */
export type VenueAccount = 'hl-trading' | 'hl-hedge';

/** Hyperliquid allows several agents per account; two let one be replaced while the other signs. */
const SIGNER_SLOTS = 2;

/** Keys nobody can export: what signs at the venue, and what encrypts data at rest. Multi-Region, for a standby replica. */
export class KeysStack extends Stack {
  readonly data: IKey;
  /** By venue account, then by signer slot. */
  readonly agents: Readonly<Record<VenueAccount, readonly IKey[]>>;
  /** Seals agent keys that are unsealed into memory (decision 10); apart from `data`, which the engine opens at will. */
  readonly agentSeal: IKey;
  /** Signs heads of execution receipts: on P-256, which browsers verify, too. */
  readonly receipts: IKey;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.data = new Key(this, 'Data', {
      description: 'Data at rest: journal, read tables, snapshots',
      enableKeyRotation: true,
      multiRegion: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.receipts = new Key(this, 'Receipts', {
      description: 'Signs execution receipts',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      multiRegion: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.agentSeal = new Key(this, 'AgentSeal', {
      description: 'Seals agent keys of venue accounts',
      enableKeyRotation: true,
      multiRegion: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.agents = { 'hl-trading': this.agentKeys('hl-trading'), 'hl-hedge': this.agentKeys('hl-hedge') };
    // Exported for good: an export that went with a change of who signs would hold up its own deployment.
    for (const key of [this.agentSeal, ...this.agents['hl-trading']]) {
      this.exportValue(key.keyArn);
      this.exportValue(key.keyId);
    }
  }

  private agentKeys(account: VenueAccount): readonly IKey[] {
    return Array.from(
      { length: SIGNER_SLOTS },
      (_, slot) =>
        new Key(this, `Agent-${account}-${slot}`, {
          description: `Signs orders of ${account}, slot ${slot}`,
          keySpec: KeySpec.ECC_SECG_P256K1,
          keyUsage: KeyUsage.SIGN_VERIFY,
          multiRegion: true,
          removalPolicy: RemovalPolicy.RETAIN,
        }),
    );
  }
}
