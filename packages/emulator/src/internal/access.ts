import * as Api from "@effect-openai/core/Api"
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { createHash, timingSafeEqual } from "node:crypto"
import type * as Store from "../Store.js"
import * as Caller from "./caller.js"
import { fromStore } from "./errors.js"
import { IsBatched } from "./loopback.js"
import { knownKeys, projects, projectUsers, users } from "./organization/documents.js"
import type { Organization } from "./organization/organization.js"
import { pathOf } from "./routes.js"

type Request = HttpServerRequest.HttpServerRequest

// -----------------------------------------------------------------------------
// keys
// -----------------------------------------------------------------------------

/** A key that only its owner can recognize. */
const mask = (key: string): string => key.length < 20 ? "****" : `${key.slice(0, 5)}****${key.slice(-4)}`

const digest = (key: string): Buffer => createHash("sha256").update(key).digest()

interface Digest {
  readonly bytes: Uint8Array
  /** What the store keeps of a key. */
  readonly text: string
}

/** The digest of a key. Most requests have the same one as the last. */
const makeDigestOf = (): (key: string) => Digest => {
  let last: { readonly key: string; readonly digest: Digest } | undefined
  return (key) => {
    if (last?.key === key) return last.digest
    const bytes = digest(key)
    last = { key, digest: { bytes, text: bytes.toString("hex") } }
    return last.digest
  }
}

/** The keys of each credential. */
export type Keys = { readonly [C in Endpoint.Credential]: ReadonlyArray<Redacted.Redacted> | undefined }

const noKey = new Api.ServerError({
  status: 401,
  message: "You didn't provide an API key. You need to provide your API key in an Authorization header " +
    "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
})

const wrongKey = (key: string): Api.ServerError =>
  new Api.ServerError({
    status: 401,
    code: "invalid_api_key",
    message: `Incorrect API key provided: ${mask(key)}. You can find your API key at ` +
      "https://platform.openai.com/account/api-keys.",
    summary: "Incorrect API key provided."
  })

/** The scope that a key of the other credential lacks. */
const scopeOf = (credential: Endpoint.Credential, request: Request): string => {
  if (credential === "apiKey") return "model.request"
  const path = pathOf(request)
  if (/\/organization\/(usage\/|costs)/.test(path)) return "api.usage.read"
  return request.method === "GET" || request.method === "HEAD" ? "api.management.read" : "api.management.write"
}

/** The API sends these errors as a text. */
const missingScope = (scope: string): Api.ServerError =>
  new Api.ServerError({
    status: 403,
    isText: true,
    message: `You have insufficient permissions for this operation. Missing scopes: ${scope}.`
  })

const otherProject = new Api.ServerError({
  status: 401,
  code: "mismatched_project",
  message: "OpenAI-Project header should match project for API key"
})

const archived = new Api.ServerError({
  status: 401,
  code: "not_authorized_invalid_project",
  message: "The project you are requesting has been archived and is no longer accessible"
})

/** Returns who sent a request. Fails where its key is missing or wrong. */
type Identify = (request: Request) => Effect.Effect<Caller.Caller, Api.ServerError>

/** Checks the keys of requests. */
export interface Access {
  readonly identify: { readonly [C in Endpoint.Credential]: Identify }
  /** Fails where the key of a request is of neither credential. */
  readonly any: Identify
}

/**
 * The keys of one credential are those of the options, and for API keys also those that administration has made. Where the
 * options have none, every key is accepted that is not one of the other credential. Every comparison with the options takes
 * the same time, whichever key is right.
 */
export const make = (
  keys: Keys,
  { root }: Context.Tag.Service<typeof Organization>,
  store: Store.Service
): Access => {
  const digests = {
    apiKey: keys.apiKey?.map((key) => digest(Redacted.value(key))),
    adminKey: keys.adminKey?.map((key) => digest(Redacted.value(key)))
  }
  const digestOf = makeDigestOf()
  // Compares with all, and does not stop at the first that is equal.
  const isOneOf = (all: ReadonlyArray<Uint8Array> | undefined, given: Uint8Array) =>
    (all ?? []).reduce((found, one) => timingSafeEqual(one, given) || found, false)

  /** The project that a request names, where its key leads to several. */
  const projectOf = (request: Request, caller: Caller.Caller, isListed: boolean) =>
    Effect.gen(function*() {
      const { headers: { "openai-project": wanted = caller.project_id } } = request
      if (wanted === caller.project_id) return wanted
      const { owner } = caller
      if (owner === undefined || owner.type === "service_account") return yield* otherProject
      const user = Option.getOrUndefined(yield* store.get(users, owner.id))
      const isMember = user?.role === "owner"
        ? Option.isSome(yield* store.get(projects, wanted))
        : Option.isSome(yield* store.get(projectUsers, owner.id, wanted))
      if (isMember) return wanted
      // Where any key is accepted, any project is.
      return isListed ? yield* otherProject : caller.project_id
    })

  /** The caller in the project that a request names. */
  const inProject = (request: Request, named: Caller.Caller, isListed: boolean, default_project_id: string) =>
    Effect.gen(function*() {
      const project_id = yield* projectOf(request, named, isListed)
      // The default project is never archived.
      if (project_id === default_project_id) return { ...named, project_id }
      const project = Option.getOrUndefined(yield* store.get(projects, project_id))
      return project?.status === "active" ? { ...named, project_id, scope: project_id } : yield* archived
    })

  const api: Identify = (request) => {
    const key = keyOf(request)
    if (key === undefined) return Effect.fail(noKey)
    const given = digestOf(key)
    if (isOneOf(digests.adminKey, given.bytes)) return Effect.fail(missingScope(scopeOf("apiKey", request)))
    const isConfigured = isOneOf(digests.apiKey, given.bytes)
    return fromStore(
      Effect.flatMap(
        root,
        ({ default_project_id, owner_id }) =>
          Effect.flatMap(store.get(knownKeys, given.text), (found) => {
            const known = Option.getOrUndefined(found)
            const isMade = known !== undefined && !known.isConfigured
            const isListed = isMade || isConfigured
            if (known?.status === "deleted" || (digests.apiKey !== undefined && !isListed)) {
              return Effect.fail(wrongKey(key))
            }
            const isValid = known !== undefined && isListed
            const named: Caller.Caller = {
              project_id: isValid ? known.project_id : default_project_id,
              scope: "",
              owner: isValid ? known.owner : { type: "user", id: owner_id },
              api_key_id: isValid ? known.key_id : null,
              batch: false
            }
            return request.headers["openai-project"] === undefined && named.project_id === default_project_id
              ? Effect.succeed(named)
              : inProject(request, named, isValid, default_project_id)
          })
      )
    )
  }

  const admin: Identify = (request) =>
    fromStore(Effect.gen(function*() {
      const key = keyOf(request)
      if (key === undefined) return yield* noKey
      const { bytes: given, text } = digestOf(key)
      const isKnown = Effect.map(
        store.get(knownKeys, text),
        Option.exists(({ isConfigured }) => !isConfigured)
      )
      if (isOneOf(digests.apiKey, given) || (yield* isKnown)) {
        return yield* missingScope(scopeOf("adminKey", request))
      }
      if (digests.adminKey !== undefined && !isOneOf(digests.adminKey, given)) return yield* wrongKey(key)
      const { default_project_id, owner_id } = yield* root
      return {
        project_id: default_project_id,
        scope: "",
        owner: { type: "user", id: owner_id },
        api_key_id: `key_${text.slice(0, 24)}`,
        batch: false
      }
    }))

  return {
    identify: { apiKey: api, adminKey: admin },
    any: (request) => Effect.catchAll(admin(request), () => api(request))
  }
}

const keyOf = ({ headers }: Request): string | undefined =>
  /^bearer +(\S+(?:\s+\S+)*)\s*$/i.exec(headers["authorization"] ?? "")?.[1]

/** The checks of keys, as the middleware of operations. */
export const authorization = ({ identify }: Access): Context.Context<Api.Authorization | Api.AdminAuthorization> => {
  // The handler runs in the same fiber, as the caller.
  const check = (credential: Endpoint.Credential) => () =>
    Effect.withFiberRuntime<void, Api.ServerError, Request>(({ currentContext }) =>
      // The engine sends the requests of a batch as the caller who created it.
      Context.get(currentContext, IsBatched)
        ? FiberRef.update(Caller.current, (caller) => caller && { ...caller, batch: true })
        : Effect.flatMap(
          identify[credential](Context.unsafeGet(currentContext, HttpServerRequest.HttpServerRequest)),
          (caller) => FiberRef.set(Caller.current, caller)
        )
    )
  return Context.make(Api.Authorization, { apiKey: check("apiKey") }).pipe(
    Context.add(Api.AdminAuthorization, { adminKey: check("adminKey") })
  )
}

// -----------------------------------------------------------------------------
// beta
// -----------------------------------------------------------------------------

const beta = Endpoint.families.assistants.headers["openai-beta"]

const betasOf = ({ headers }: Request): ReadonlyArray<string> =>
  (headers["openai-beta"] ?? "").split(",").map((value) => value.trim())

export const assistantsBeta: Context.Tag.Service<typeof Api.AssistantsBeta> = Effect.withFiberRuntime(
  ({ currentContext }) => {
    const request = Context.unsafeGet(currentContext, HttpServerRequest.HttpServerRequest)
    if (request.headers["openai-beta"] === beta) return Effect.void
    const betas = betasOf(request)
    if (betas.includes(beta)) return Effect.void
    const other = betas.find((value) => value.startsWith("assistants="))
    return Effect.fail(
      new Api.ServerError({
        status: 400,
        code: "invalid_beta",
        message: other === undefined
          ? "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting " +
            `the header 'OpenAI-Beta: ${beta}'.`
          : `The header 'OpenAI-Beta: ${other}' names a version that this server does not support. It supports ` +
            `'OpenAI-Beta: ${beta}'.`,
        summary: other === undefined ? undefined : "The header 'OpenAI-Beta' names a version that is not supported."
      })
    )
  }
)
