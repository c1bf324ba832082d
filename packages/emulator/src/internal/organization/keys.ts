import * as Effect from "effect/Effect"
import { createHash, randomBytes } from "node:crypto"
import * as Store from "../../Store.js"
import { freshId, insert, now } from "../documents.js"
import * as Documents from "./documents.js"

/** What the store keeps of a key. */
export const digestOf = (key: string): string => createHash("sha256").update(key).digest("hex")

/** The beginning and the end of a key. */
const redactedValue = (key: string): string => key.length < 20 ? "sk-..." : `${key.slice(0, 6)}...${key.slice(-3)}`

/** A random key, whatever the seed of identifiers is. */
export const randomKey = (): string => `sk-svcacct-${randomBytes(36).toString("base64url")}`

/** Keeps a key by its digest. */
export const keepKey = (
  value: string,
  key: Pick<Documents.ApiKey, "name" | "owner" | "project_id">,
  isConfigured = false
) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { owner, project_id } = key
    const digest = digestOf(value)
    const created_at = yield* now
    const kept = yield* insert(Documents.apiKeys, freshId("key_"), (id): Documents.ApiKey => ({
      ...key,
      id,
      created_at,
      redacted_value: redactedValue(value),
      digest
    }))
    yield* store.set(Documents.knownKeys, {
      id: digest,
      key_id: kept.id,
      project_id,
      owner,
      status: "active",
      isConfigured
    })
    return kept
  })

/** Deletes a key, which is refused from now on. Must run in a transaction. */
export const deleteKey = ({ digest, id, owner, project_id }: Documents.ApiKey) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    yield* store.remove(Documents.apiKeys, id, project_id)
    yield* store.set(Documents.knownKeys, {
      id: digest,
      key_id: id,
      project_id,
      owner,
      status: "deleted",
      isConfigured: false
    })
  })
