/** What the caller of a server knows: the responses, and what may have happened though no response came. */
import { isDeepStrictEqual } from "node:util"

/**
 * The possible states of an object, `undefined` where it is gone. A response leaves one; a request without a response adds
 * what it asked for.
 */
export class Register<A> {
  private constructor(private possible: ReadonlyArray<A | undefined>) {}

  static of<A>(value: A) {
    return new Register<A>([value])
  }

  /** What was last seen. */
  get value(): A | undefined {
    return this.possible[0]
  }

  asked(value: A | undefined) {
    this.possible = [...this.possible, value]
  }

  responded(value: A | undefined) {
    this.possible = [value]
  }

  /** Whether this can be; what is seen is what it is from now on. */
  admits(seen: A | undefined): boolean {
    const isPossible = this.possible.some((value) => isDeepStrictEqual(value, seen))
    this.possible = [seen]
    return isPossible
  }
}

/** A message that was sent: its words are in no other. */
interface Sent {
  readonly words: string
  hasResponse: boolean
}

/** A thread, with what was sent to it, in order. */
export interface KnownThread {
  readonly id: string
  readonly messages: Array<Sent>
  readonly runs: Map<string, KnownRun>
  /** Whether there may be a run whose end the caller has not seen, because a request was refused. */
  mayBeRunning: boolean
  /** Whether its deletion was requested, or has a response. */
  deletion?: "asked" | "confirmed"
}

export interface KnownRun {
  /** Outputs that were taken, by call. */
  readonly outputs: Map<string, string>
  hasEnded: boolean
}

export interface KnownFile {
  readonly id: string
  readonly sha256: string
  readonly bytes: number
  deletion?: "asked" | "confirmed"
}

/** The actions of one caller. No other caller touches its objects. */
export interface Ledger {
  readonly name: string
  /** The assistant of its runs. */
  assistantId: string | undefined
  readonly assistants: Map<string, Register<object>>
  readonly threads: Map<string, KnownThread>
  readonly files: Map<string, KnownFile>
  /** What has changed since it was last checked. */
  readonly touched: Set<object>
}

export const makeLedger = (name: string): Ledger => ({
  name,
  assistantId: undefined,
  assistants: new Map(),
  threads: new Map(),
  files: new Map(),
  touched: new Set()
})
