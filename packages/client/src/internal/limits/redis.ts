import type { Redis } from "ioredis"
import type { Demand, Taken } from "../../RateLimit.js"

/**
 * A bucket is a hash of its balance and its time. Numbers are texts, because Redis cuts the fractions of a response. A balance
 * that is not a finite number, of other programs for example, counts as full.
 */
const script = `
local time = redis.call("TIME")
local now = time[1] * 1000 + time[2] / 1000
local taken = {}
for index, key in ipairs(KEYS) do
  local first = (index - 1) * 6
  local capacity, refill, minimum = tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  local used, at_most, wanted = tonumber(ARGV[first + 4]), tonumber(ARGV[first + 5]), tonumber(ARGV[first + 6])
  local kind = redis.call("TYPE", key).ok
  if kind ~= "hash" and kind ~= "none" then redis.call("DEL", key) end
  local stored = redis.call("HMGET", key, "balance", "at")
  local balance, at = tonumber(stored[1]), tonumber(stored[2])
  if not balance or not at or balance - balance ~= 0 then balance, at = capacity, now end
  balance = math.max(balance, minimum)
  balance = math.min(capacity, balance + math.max(0, now - at) / refill)
  balance = math.max(minimum, math.min(capacity, balance - used, at_most))
  local part = math.max(0, math.min(wanted, math.floor(balance + 0.000001)))
  balance = balance - part
  if balance < capacity then
    redis.call("HSET", key, "balance", string.format("%.17g", balance), "at", string.format("%.17g", now))
    redis.call("PEXPIRE", key, math.max(1, math.ceil((capacity - balance) * refill)))
  else
    redis.call("DEL", key)
  end
  taken[index] = part .. " " .. string.format("%.17g", balance)
end
return taken
`

/** Waits for the first connection. Fails immediately while Redis can't be reached. */
export const connected = (redis: Redis): Promise<void> =>
  new Promise((resolve, reject) => {
    if (redis.status === "ready") return resolve()
    if (redis.status === "reconnecting" || redis.status === "end") {
      return reject(new Error("The connection to Redis is closed"))
    }
    const end = (error?: Error) => {
      redis.off("ready", onReady)
      redis.off("close", onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onReady = () => end()
    const onClose = () => end(new Error("The connection to Redis failed"))
    redis.once("ready", onReady)
    redis.once("close", onClose)
  })

/** A connection that has the script as a command. Its text is sent once, as Redis keeps it. */
interface WithScript extends Redis {
  readonly takeTokens: (keys: number, ...keysAndValues: ReadonlyArray<string>) => Promise<ReadonlyArray<string>>
}

export const withScript = (redis: Redis): WithScript => {
  redis.defineCommand("takeTokens", { lua: script })
  return redis as WithScript
}

/** Takes from all buckets in one round trip. */
export const take = async (
  redis: WithScript,
  prefix: string,
  demands: ReadonlyArray<Demand>
): Promise<ReadonlyArray<Taken>> => {
  const keys = demands.map(({ key }) => prefix + key)
  const values = demands.flatMap(({ atMost, capacity, minimum, refill, used, wanted }) =>
    // Lua does not read "Infinity".
    [capacity, refill, minimum, used, Math.min(atMost, capacity), wanted].map(String)
  )
  const taken = await redis.takeTokens(keys.length, ...keys, ...values)
  return taken.map((text) => {
    const [part, remaining] = text.split(" ")
    return { taken: Number(part), remaining: Number(remaining) }
  })
}
