import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"

export type Labels = ReadonlyArray<MetricLabel.MetricLabel>

/** Boundaries from 0.01 seconds, each twice the one before. */
const seconds = MetricBoundaries.exponential({ start: 0.01, factor: 2, count: 15 })

/** `gen_ai.client.operation.duration`: the duration of an inference in seconds, with retries and waits. */
export const inferenceDuration = Metric.histogram(
  "gen_ai.client.operation.duration",
  seconds,
  "GenAI operation duration."
)

/** `gen_ai.client.token.usage`: the tokens that an inference used. */
export const tokenUsage = Metric.histogram(
  "gen_ai.client.token.usage",
  MetricBoundaries.exponential({ start: 1, factor: 4, count: 15 }),
  "Number of input and output tokens used."
)

/** `openai.client.operation.duration`: the duration of any other operation in seconds, with retries and waits. */
export const operationDuration = Metric.histogram(
  "openai.client.operation.duration",
  seconds,
  "Duration of operations that are not an inference."
)

/** `openai.client.retries`: the number of retries. */
export const retries = Metric.counter("openai.client.retries", {
  description: "Requests that were sent again.",
  incremental: true
})

/** `openai.client.active_requests`: the number of requests in flight. A stream counts until its end. */
export const activeRequests = Metric.counter("openai.client.active_requests", { description: "Requests in flight." })

/** `openai.client.limit.wait.duration`: how long a request waited for a limit of the client, in seconds. */
export const limitWait = Metric.histogram(
  "openai.client.limit.wait.duration",
  seconds,
  "Time that requests waited for the client's own limits."
)

const cache = new Map<string, Labels>()

/**
 * Makes labels of alternating names and values, without undefined values, and adds the labels of the fiber. Equal labels
 * are the same array where the fiber has none: a metric finds the state of an array that it knows without a search.
 */
export const labels = (ofFiber: Labels, ...entries: ReadonlyArray<string | undefined>): Labels => {
  const key = entries.join("\n")
  let found = cache.get(key)
  if (found === undefined) {
    // The names of models are unbounded.
    if (cache.size === 1000) cache.clear()
    const made: Array<MetricLabel.MetricLabel> = []
    for (let at = 0; at < entries.length; at += 2) {
      const value = entries[at + 1]
      if (value !== undefined) made.push(MetricLabel.make(entries[at]!, value))
    }
    cache.set(key, found = made)
  }
  return ofFiber.length === 0 ? found : [...found, ...ofFiber]
}
