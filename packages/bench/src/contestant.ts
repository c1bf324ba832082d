/** A contestant is a process of its own: it is told what to do, does it some times to warm up, and once to be measured. */
import { type Count } from "./payloads.js"
import type { Name } from "./scenarios.js"

/** Does a scenario that many times, and tells what it read. */
type Task = (amount: number) => Promise<Count>

export type Tasks = { readonly [K in Name]?: Task }

export interface Order {
  readonly scenario: Name
  readonly origin: string
  readonly amount: number
  readonly warmUp: number
  /** Whether garbage is collected before and after. It takes away with it what was compiled for what is gone. */
  readonly collect: boolean
}

export interface Measured {
  readonly count: Count
  readonly cpuMicros: number
  readonly wallMicros: number
  /** Bytes in use before and after what was measured, each after a collection where one was ordered. */
  readonly heapBefore: number
  readonly heapAfter: number
  /** Bytes, of the whole process so far. */
  readonly peakRss: number
}

/** So many times, for what was compiled for one run is compiled again for the next, until it is for all. */
const warmUps = 5

const heapUsed = ({ collect }: Order): number => {
  if (collect) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const baseUrl = ({ origin, scenario }: Order, amount: number): string =>
  `${origin}/${scenario.replace("/", ".")}/${amount}/v1`

/** Answers the harness: which scenarios there are, and the measurement of each that is ordered. */
export const compete = (connect: (baseUrl: string) => Tasks): void => {
  const measure = async (order: Order): Promise<Measured> => {
    const run = (amount: number) => {
      const task = connect(baseUrl(order, amount))[order.scenario]
      if (task === undefined) throw new Error(`no ${order.scenario}`)
      return task(amount)
    }
    for (let left = order.warmUp; left > 0; left -= Math.ceil(order.warmUp / warmUps)) {
      await run(Math.ceil(order.warmUp / warmUps))
    }
    const heapBefore = heapUsed(order)
    const cpu = process.cpuUsage()
    const wall = process.hrtime.bigint()
    const count = await run(order.amount)
    const wallMicros = Number(process.hrtime.bigint() - wall) / 1000
    const { system, user } = process.cpuUsage(cpu)
    return {
      count,
      cpuMicros: user + system,
      wallMicros,
      heapBefore,
      heapAfter: heapUsed(order),
      peakRss: process.resourceUsage().maxRSS * 1024
    }
  }
  process.on("message", (order: Order) => {
    measure(order).then(
      (measured) => process.send!(measured),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      }
    )
  })
  process.send!(Object.keys(connect("http://127.0.0.1/sequential/1/v1")))
}

/** Runs a task's calls one after the other, or as many at a time as are told. */
export const repeat = async (amount: number, width: number, call: () => Promise<void>): Promise<void> => {
  let left = amount
  const worker = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: width }, worker))
}
