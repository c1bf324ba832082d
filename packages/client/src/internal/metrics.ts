import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"

type Labels = ReadonlyArray<MetricLabel.MetricLabel>

const seconds = MetricBoundaries.fromIterable([
  0.01,
  0.02,
  0.04,
  0.08,
  0.16,
  0.32,
  0.64,
  1.28,
  2.56,
  5.12,
  10.24,
  20.48,
  40.96,
  81.92
])

/** `gen_ai.client.operation.duration`: how long an inference took, in seconds, retries and waits included. */
export const inferenceDuration = Metric.histogram(
  "gen_ai.client.operation.duration",
  seconds,
  "GenAI operation duration."
)

/** `gen_ai.client.token.usage`: how many tokens an inference used. */
export const tokenUsage = Metric.histogram(
  "gen_ai.client.token.usage",
  MetricBoundaries.fromIterable(Array.from({ length: 14 }, (_, exponent) => 4 ** exponent)),
  "Number of input and output tokens used."
)

/** `openai.client.operation.duration`: how long any other operation took, in seconds, retries and waits included. */
export const operationDuration = Metric.histogram(
  "openai.client.operation.duration",
  seconds,
  "Duration of operations that are no inference."
)

/** `openai.client.retries`: how many requests were sent again. */
export const retries = Metric.counter("openai.client.retries", {
  description: "Requests that were sent again.",
  incremental: true
})

/** `openai.client.active_requests`: how many requests are in flight; a stream is until its end. */
export const activeRequests = Metric.counter("openai.client.active_requests", {
  description: "Requests in flight."
})

/** `openai.client.limit.wait.duration`: how long a request was kept waiting by a limit of the client's own, in seconds. */
export const limitWait = Metric.histogram(
  "openai.client.limit.wait.duration",
  seconds,
  "Time that requests waited for the client's own limits."
)

const cache = new Map<string, Labels>()

/**
 * Labels by their names and values in turn; what is undefined is left out. The same ones are the same array, by which a
 * metric finds its state again without a search.
 */
export const labels = (...entries: ReadonlyArray<string | undefined>): Labels => {
  const key = entries.join("\n")
  let found = cache.get(key)
  if (found === undefined) {
    // Models may have any name, and as many as users write.
    if (cache.size === 1000) cache.clear()
    const made: Array<MetricLabel.MetricLabel> = []
    for (let at = 0; at < entries.length; at += 2) {
      const value = entries[at + 1]
      if (value !== undefined) made.push(MetricLabel.make(entries[at]!, value))
    }
    cache.set(key, found = made)
  }
  return found
}

/** Adds the labels that the program has put on all metrics of a fiber. */
export const also = (labels: Labels, ofFiber: Labels): Labels => ofFiber.length === 0 ? labels : [...labels, ...ofFiber]
