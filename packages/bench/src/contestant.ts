/** A contestant is a separate process. For each order it warms up with some runs, then measures one run. */
import { type Count } from "./payloads.js"
import type { Name } from "./scenarios.js"

/** Runs a scenario `amount` times, and returns what it read. */
type Task = (amount: number) => Promise<Count>

export type Tasks = { readonly [K in Name]?: Task }

export interface Order {
  readonly scenario: Name
  readonly origin: string
  readonly amount: number
  readonly warmUp: number
  /** Whether garbage is collected before and after. A collection also discards code that was compiled for dead objects. */
  readonly collect: boolean
}

export interface Measured {
  readonly count: Count
  readonly cpuMicros: number
  readonly wallMicros: number
  /** Bytes in use before and after the measured run, each after a collection if `collect` is set. */
  readonly heapBefore: number
  readonly heapAfter: number
  /** Bytes, since the process started. */
  readonly peakRss: number
}

/** Number of warm-up runs: V8 compiles some code again for the next run, until it is optimized for all. */
const warmUps = 5

const heapUsed = ({ collect }: Order): number => {
  if (collect) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const baseUrl = ({ origin, scenario }: Order, amount: number): string =>
  `${origin}/${scenario.replace("/", ".")}/${amount}/v1`

/** Sends the names of its scenarios to the harness, then a measurement for each order. */
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

/** Runs `amount` calls, at most `width` at the same time. */
export const repeat = async (amount: number, width: number, call: () => Promise<void>): Promise<void> => {
  let left = amount
  const worker = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: width }, worker))
}
