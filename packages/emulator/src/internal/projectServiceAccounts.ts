import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { freshId, getOrFail, insert, now } from "./documents.js"
import { fromStore, notFound } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { changes } from "./organization/audit.js"
import { apiKeys, type ServiceAccount, serviceAccounts } from "./organization/documents.js"
import { deleteKey, keepKey, randomKey } from "./organization/keys.js"
import { page } from "./organization/lists.js"
import { activeProject } from "./organization/organization.js"

interface Path {
  readonly project_id: string
  readonly service_account_id: string
}

const accountOf = ({ project_id, service_account_id }: Path) =>
  getOrFail(serviceAccounts, service_account_id, notFound("service account"), project_id)

export const layer = HttpApiBuilder.group(api, "ProjectServiceAccounts", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("list-project-service-accounts", ({ path: { project_id }, urlParams }) =>
        fromStore(Effect.zipRight(activeProject(project_id), page(serviceAccounts, urlParams, { parent: project_id }))))
      .handle("create-project-service-account", ({ path: { project_id }, payload: { name } }) =>
        changes(Effect.gen(function*() {
          const project = yield* activeProject(project_id)
          const created = yield* now
          const account = yield* insert(serviceAccounts, freshId("svc_acct_"), (id): ServiceAccount => ({
            object: "organization.project.service_account",
            id,
            name,
            role: "member",
            created_at: created,
            project_id
          }))
          const value = randomKey()
          const { created_at, id, name: keyName } = yield* keepKey(value, {
            name: "Secret Key",
            project_id,
            owner: { type: "service_account", id: account.id }
          })
          const api_key = {
            object: "organization.project.service_account.api_key" as const,
            value,
            name: keyName,
            created_at,
            id
          }
          return {
            result: { ...account, role: "member" as const, api_key },
            events: [
              { type: "service_account.created", id: account.id, payload: { data: { role: "member" } }, project },
              { type: "api_key.created", id, payload: { data: { scopes: ["api.all"] } }, project }
            ]
          }
        })))
      .handle("retrieve-project-service-account", ({ path }) =>
        fromStore(Effect.zipRight(activeProject(path.project_id), accountOf(path))))
      .handle("delete-project-service-account", ({ path }) =>
        changes(Effect.gen(function*() {
          const project = yield* activeProject(path.project_id)
          const { id } = yield* accountOf(path)
          yield* store.remove(serviceAccounts, id, path.project_id)
          const keys = (yield* store.find(apiKeys, { project_id: path.project_id })).filter(({ owner }) =>
            owner.id === id
          )
          yield* Effect.forEach(keys, deleteKey)
          return {
            result: { object: "organization.project.service_account.deleted" as const, id, deleted: true },
            events: [
              { type: "service_account.deleted", id, project },
              ...keys.map((key) => ({ type: "api_key.deleted" as const, id: key.id, project }))
            ]
          }
        })))
  }))
