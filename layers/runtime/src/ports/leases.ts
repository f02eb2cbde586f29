/** Who owns a resource (`shard:0`, `signer:hl-trading:0`). Times are wall-clock ms: leases route, the journal key protects. */
export interface Lease {
  readonly resource: string;
  readonly owner: string;
  /** Grows by one with every acquisition of the resource, also by the same owner; never reused. */
  readonly epoch: number;
  /** Where the owner answers, e.g. `ws://10.0.3.7:7001`. */
  readonly address: string;
  readonly expiresAt: number;
}

export interface LeaseRequest {
  readonly resource: string;
  readonly owner: string;
  readonly address: string;
  readonly ttlMs: number;
}

export type AcquireOutcome =
  { readonly status: 'acquired'; readonly epoch: number } | { readonly status: 'held'; readonly by: Lease };

/** `lost`: another owner or epoch stands in the table (or nothing does). Troubles of the store are thrown and retried. */
export type RenewOutcome = { readonly status: 'renewed' } | { readonly status: 'lost' };

export interface LeaseStore {
  /** Takes a free, released or expired lease, or one of the same owner (a restart), with the next epoch. */
  acquire(request: LeaseRequest): Promise<AcquireOutcome>;
  renew(request: LeaseRequest & { readonly epoch: number }): Promise<RenewOutcome>;
  /** Ends the lease at once, keeping its epoch counter; nothing happens where it is no longer ours. */
  release(lease: { readonly resource: string; readonly owner: string; readonly epoch: number }): Promise<void>;
  /** Consistent read; the lease may have expired. undefined = never acquired. */
  read(resource: string): Promise<Lease | undefined>;
}
