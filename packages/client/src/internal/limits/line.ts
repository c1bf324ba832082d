import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type { Demand } from "../../RateLimit.js"
import { Bucket, type Kind } from "./bucket.js"
import * as Semaphore from "./semaphore.js"
import * as ServerLimit from "./serverLimit.js"
import type { Accounts, Question } from "./sharedStore.js"

/** How long a probe holds the other requests up, in milliseconds. */
const probeTimeout = 10_000

/** What decides about the buckets of a line. Times are in milliseconds. */
interface LineOptions {
  readonly key: string
  /** The limits of the options. */
  readonly own: ReadonlyArray<Bucket>
  readonly window: number
  /** How long a single response can have an effect. */
  readonly maxEffect: number
  readonly leaseTime: number
}

/** A limit of the server's headers, as long as a response confirms it. */
interface ServerBucket {
  readonly bucket: Bucket
  until: number
}

/**
 * The requests that one response can hold up: those of a model, or those of an operation without a model. They wait in FIFO
 * order.
 */
export class Line implements Accounts {
  readonly semaphore = Semaphore.make(1)
  readonly leaseTime: number
  private readonly server = new Map<Kind, ServerBucket>()
  /** No request is sent before. */
  private pausedUntil = 0
  private isPauseTold = true
  /** Whether the next request is a probe, for whose response the others wait. */
  private mustProbe = false
  private probe: { readonly since: number; readonly done: Deferred.Deferred<void> } | undefined = undefined

  private lastUsed = 0

  /** What the request lacks that asks the store. */
  needs: ReadonlyArray<{ readonly bucket: Bucket; readonly rest: number }> = []

  constructor(private readonly options: LineOptions) {
    this.leaseTime = options.leaseTime
  }

  /** A request comes, or has its response. */
  use(now: number): void {
    this.lastUsed = now
  }

  /** Whether a new line would do the same: no request waits, all limits have room, and no response counts any more. */
  isUnused(now: number): boolean {
    const buckets = this.buckets(now)
    // Without a store, no report follows.
    const isReported = this.leaseTime === 0 || !this.isDue(now)
    return now - this.lastUsed > this.options.window && this.semaphore.isFree() && this.pauseLeft(now) === 0 &&
      this.server.size === 0 && isReported && buckets.every((bucket) => bucket.isFull(now))
  }

  /** The limits that apply. Those of the server end when no response has confirmed them for a while. */
  buckets(now: number): ReadonlyArray<Bucket> {
    const { own } = this.options
    if (this.server.size === 0) return own
    const all = [...own]
    for (const [kind, { bucket, until }] of this.server) {
      if (now < until) all.push(bucket)
      else this.server.delete(kind)
    }
    return all
  }

  /** When the server's limit of a bucket ends. Infinity for a limit of the options. */
  endOf(bucket: Bucket): number {
    const found = this.server.get(bucket.parameters.kind)
    return found?.bucket === bucket ? found.until : Infinity
  }

  /** Reads the limits of a response. */
  observe(kind: Kind, limit: OpenAiError.RateLimit, now: number): void {
    const { key, maxEffect, window } = this.options
    const parameters = ServerLimit.fromHeaders(limit, window)
    if (parameters === undefined) return
    const { capacity, refill } = parameters
    const until = now + maxEffect
    let found = this.server.get(kind)
    if (found?.bucket.parameters.capacity === capacity) {
      found.until = until
    } else {
      const bucket = new Bucket(
        { key: `${key}:${kind}:server`, kind, capacity, refill, minimum: -maxEffect / refill },
        now
      )
      this.server.set(kind, found = { bucket, until })
    }
    if (limit.remaining !== undefined) found.bucket.lower(limit.remaining, now)
  }

  /** Milliseconds until a request may be sent. */
  pauseLeft(now: number): number {
    return Math.max(0, Math.ceil(this.pausedUntil - now))
  }

  /** Sends no request for a time. Returns whether that is longer than before. */
  pause(millis: number, now: number, isTold: boolean): boolean {
    const until = now + Math.min(millis, this.options.maxEffect)
    if (until <= this.pausedUntil) return false
    this.pausedUntil = until
    this.isPauseTold = isTold
    if (millis > this.options.maxEffect) this.mustProbe = true
    return true
  }

  // ---------------------------------------------------------------------------
  // the probe
  // ---------------------------------------------------------------------------

  /** What the server said is cut short: the next request finds out what is the case now. */
  requireProbe(): void {
    this.mustProbe = true
  }

  /** The probe that others wait for. */
  probing(now: number): { readonly left: number; readonly done: Deferred.Deferred<void> } | undefined {
    if (this.probe === undefined) return undefined
    const left = probeTimeout - (now - this.probe.since)
    return left > 0 ? { left, done: this.probe.done } : undefined
  }

  /** Makes the next request the probe, where one is necessary. Returns what ends it. */
  startProbe(now: number): ((isUnknown: boolean) => void) | undefined {
    if (!this.mustProbe) return undefined
    this.mustProbe = false
    const probe = this.probe = { since: now, done: Deferred.unsafeMake<void>(FiberId.none) }
    return (isUnknown) => {
      if (this.probe !== probe) return
      this.probe = undefined
      if (isUnknown) this.mustProbe = true
      Deferred.unsafeDone(probe.done, Exit.void)
    }
  }

  // ---------------------------------------------------------------------------
  // the accounts with the store
  // ---------------------------------------------------------------------------

  /** The pause is a bucket of one token, which it lacks for each millisecond. */
  private pauseDemand(now: number): Demand {
    const left = this.isPauseTold ? 0 : this.pauseLeft(now)
    this.isPauseTold = true
    const { key, maxEffect } = this.options
    const atMost = left > 0 ? 1 - left : Infinity
    return { key: `${key}:pause`, capacity: 1, refill: 1, minimum: 1 - maxEffect, used: 0, atMost, wanted: 0 }
  }

  ask(now: number): Question {
    const buckets = this.buckets(now)
    const demands = buckets.map((bucket) =>
      bucket.ask(now, this.needs.find((need) => need.bucket === bucket)?.rest ?? 0)
    )
    return {
      demands: [this.pauseDemand(now), ...demands],
      receive: ([pause, ...taken], now) => {
        buckets.forEach((bucket, index) => bucket.receive(demands[index]!, taken[index]!, now + this.leaseTime))
        this.pause(1 - pause!.remaining, now, true)
      },
      forget: () => {
        buckets.forEach((bucket, index) => bucket.forget(demands[index]!))
        this.isPauseTold = false
      }
    }
  }

  isDue(now: number): boolean {
    return !this.isPauseTold || this.buckets(now).some((bucket) => bucket.isDue(now))
  }

  /** Returns what is left of the leases. */
  endLeases(): void {
    for (const bucket of this.options.own) bucket.endLease()
    for (const { bucket } of this.server.values()) bucket.endLease()
  }
}
