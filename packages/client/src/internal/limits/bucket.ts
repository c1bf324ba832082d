import type { Demand, Taken } from "../../RateLimit.js"

export type Kind = "requests" | "tokens"

/** What is added to a balance before it is rounded, because sums of fractions are inexact. */
const epsilon = 1e-6

/** The parameters of a token bucket. */
interface Parameters {
  readonly key: string
  readonly kind: Kind
  /** The tokens of the full bucket. */
  readonly capacity: number
  /** The milliseconds in which one token is added. */
  readonly refill: number
  /** The balance is not lowered below it. */
  readonly minimum: number
}

/**
 * A token bucket of this process. Where a store is shared, the bucket keeps what this process alone used, for the time in
 * which the store does not respond, and the account with the store: tokens that were taken from it and are not used yet,
 * and tokens that were used without it.
 */
export class Bucket {
  private balance: number
  private at: number
  /** Tokens that were taken from the store, to be used before `leaseEnd`. */
  private lease = 0
  private leaseEnd = 0
  /** Tokens that the next request reports to the store. Negative ones are returned. */
  private owed = 0
  /** Whether a response has lowered the balance since the last request to the store. */
  private isLowered = false
  /** Tokens that a request to the store in flight asks for. */
  private asked = 0
  /** Tokens that calls wait for. */
  private awaited = 0
  /** Tokens that were used during the current lease. */
  private used = 0
  /** The store's balance after its last response. */
  private shared = Infinity

  constructor(readonly parameters: Parameters, now: number) {
    this.balance = parameters.capacity
    this.at = now
  }

  private fill(now: number): void {
    const { capacity, refill } = this.parameters
    this.balance = Math.min(capacity, this.balance + Math.max(0, now - this.at) / refill)
    this.at = now
  }

  /** Returns the lease to the store, where its time is over. */
  expire(now: number): void {
    if (now < this.leaseEnd) return
    this.owed -= this.lease
    this.lease = 0
  }

  /** Takes tokens without a wait, below zero if necessary. Negative tokens are returned. */
  private adjust(tokens: number, now: number): void {
    const { capacity, minimum } = this.parameters
    this.fill(now)
    this.balance = Math.max(minimum, Math.min(capacity, this.balance - tokens))
  }

  /** Takes tokens of this process, at most those that there are. Returns how many. */
  takeOwn(tokens: number, now: number): number {
    this.fill(now)
    const part = Math.min(tokens, Math.max(0, Math.floor(this.balance + epsilon)))
    this.balance -= part
    this.owed += part
    return part
  }

  /** Takes tokens of the lease, at most those that there are. Returns how many. */
  takeLeased(tokens: number, now: number): number {
    this.fill(now)
    const part = Math.min(tokens, this.lease)
    this.lease -= part
    this.used += part
    this.adjust(part, now)
    return part
  }

  /** Returns tokens of a call that was not sent. */
  giveBack(tokens: number, now: number): void {
    this.adjust(-tokens, now)
    if (now < this.leaseEnd) this.lease += tokens
    else this.owed -= tokens
  }

  /** Replaces an estimate: takes the difference, or returns it. */
  correct(tokens: number, now: number): void {
    this.adjust(tokens, now)
    this.owed += tokens
  }

  /** Lowers the balance to what a server says. */
  lower(remaining: number, now: number): void {
    this.fill(now)
    if (remaining >= Math.floor(this.balance + epsilon)) return
    this.balance = remaining
    this.lease = Math.min(this.lease, Math.floor(remaining))
    this.isLowered = true
  }

  /** Whether nothing was taken of it. */
  isFull(now: number): boolean {
    this.fill(now)
    return this.balance >= this.parameters.capacity - epsilon && this.awaited === 0
  }

  /** Milliseconds until tokens of this process are there. */
  waitOwn(tokens: number, now: number): number {
    this.fill(now)
    return this.millisTo(tokens, this.balance)
  }

  /** Milliseconds until tokens of the store are there, after its response. */
  waitShared(tokens: number): number {
    return this.millisTo(tokens, this.shared)
  }

  private millisTo(tokens: number, balance: number): number {
    return Math.max(1, Math.ceil((tokens - balance) * this.parameters.refill))
  }

  /** A call begins to wait for tokens, or ends it with negative ones. */
  await(tokens: number): void {
    this.awaited += tokens
  }

  // ---------------------------------------------------------------------------
  // the account with the store
  // ---------------------------------------------------------------------------

  /** Whether there is something to report to the store. */
  isDue(now: number): boolean {
    this.expire(now)
    return this.owed !== 0 || this.isLowered
  }

  /** Ends the lease. */
  endLease(): void {
    this.leaseEnd = 0
  }

  /** Whether the store had tokens after its last response. */
  hasRoom(tokens: number): boolean {
    return this.shared + epsilon >= tokens
  }

  /**
   * Returns what the store is asked for: the tokens that calls wait for, and as many again as the last lease used, but at
   * most a quarter of the bucket. A request that another operation has in flight may never get what it asks for, so that it
   * does not count for the tokens that are needed now.
   */
  ask(now: number, needed: number): Demand {
    this.fill(now)
    this.expire(now)
    const { capacity, key, minimum, refill } = this.parameters
    const ahead = this.awaited > 0 ? Math.min(this.used, Math.floor(capacity / 4)) : 0
    const tokens = Math.max(Math.ceil(needed), Math.ceil(this.awaited) + ahead - this.asked)
    const wanted = Math.max(0, Math.min(capacity, tokens - this.lease))
    // After an outage the store learns what this process alone used, less what has been added since.
    const used = Math.min(this.owed, Math.max(0, Math.ceil(capacity - this.balance)))
    const atMost = this.isLowered ? Math.max(minimum, this.balance - this.lease) : Infinity
    this.owed = 0
    this.isLowered = false
    this.asked += wanted
    return { key, capacity, refill, minimum, used: Math.max(-capacity, used), atMost, wanted }
  }

  /** Receives the store's response. */
  receive({ wanted }: Demand, { remaining, taken }: Taken, leaseEnd: number): void {
    this.asked -= wanted
    this.lease += taken
    this.used = 0
    this.leaseEnd = leaseEnd
    this.shared = remaining
  }

  /** The store did not respond. What it may have received is not returned twice. */
  forget({ used, wanted }: Demand): void {
    this.asked -= wanted
    this.owed += Math.max(0, used)
  }
}
