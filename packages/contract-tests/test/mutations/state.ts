import { Contract } from "@effect-openai/core"
import { Effect } from "effect"
import type { Mutation } from "./mutation.js"
import { isScenario, mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

const { bodies, instead, json, jsonOf, objects, of, refusals } = Proxy

/** Confirms a deletion without deleting. */
const forgets = (operation: string, object: string, parameter: string) =>
  of(operation, instead((request) => json({ id: Proxy.parameterOf(request, parameter), object, deleted: true })))

/** Confirms a modification without storing it. */
const forgetsModification = (operation: string): Proxy.Change =>
  of(operation, () => (send) => (request) =>
    Effect.map(
      send({ ...request, json: {} }),
      (response) =>
        response.status === 200
          ? Proxy.withJson(response, { ...jsonOf(response) as object, ...request.json as object })
          : response
    ))

const without = ({ json }: Proxy.Request, field: string) => {
  const { [field]: _, ...rest } = (json ?? {}) as Proxy.Fields
  return rest
}

/** Removes a field of the request. */
const loses = (operation: string, field: string) =>
  of(
    operation,
    Proxy.requests((request) => ({ ...request, json: without(request, field) }))
  )

/** Replaces fields of the response. */
const says = (operation: string | ReadonlyArray<string>, fields: Proxy.Fields) =>
  of(operation, bodies((body) => ({ ...body, ...fields })))

const firstOf = (operation: string): Proxy.Change =>
  of(operation, () => {
    let first: Proxy.Response | undefined
    return (send) => (request) =>
      first === undefined
        ? Effect.map(send(request), (response) => {
          if (response.status === 200) first = response
          return response
        })
        : Effect.succeed(first)
  })

/** Returns the first response for each path. */
const cached = (operation: string): Proxy.Change =>
  of(operation, () => {
    const responses = new Map<string, Proxy.Response>()
    return (send) => (request) => {
      const known = responses.get(request.path)
      return known !== undefined
        ? Effect.succeed(known)
        : Effect.tap(send(request), (response) =>
          response.status === 200 ? responses.set(request.path, response) : undefined)
    }
  })

/** Returns 200 for a request that must be refused, without an effect. */
const takes = (operation: string, body: (request: Proxy.Request) => unknown) =>
  of(operation, refusals(400, (_, request) => json(body(request))))

/** Calls another operation instead. */
const asking = (
  operation: string,
  path: (request: Proxy.Request) => string,
  method = "GET"
): Proxy.Change => of(operation, () => (send) => (request) => send({ ...request, method, path: path(request) }))

const run = (fields: Proxy.Fields) => objects("thread.run", (run) => ({ ...run, ...fields }))

const runs = ["createRun", "getRun", "cancelRun", "submitToolOuputsToRun"]

/** Returns the run of a refused request. */
const lenient = (operation: string): Proxy.Change =>
  of(
    operation,
    () => (send) => (request) =>
      Effect.flatMap(send(request), (response) =>
        response.status !== 400 ? Effect.succeed(response) : Effect.map(
          send({
            ...request,
            path: request.path.replace(/\/(cancel|submit_tool_outputs)$/, ""),
            json: { metadata: {} }
          }),
          (run) => run
        ))
  )

/** Faults of stored objects. */
export const keeping: ReadonlyArray<Mutation> = [
  mutation(
    "confirms the deletion of an assistant but keeps it",
    "assistants/delete",
    forgets(
      "deleteAssistant",
      "assistant.deleted",
      "assistant_id"
    )
  ),
  mutation("confirms the deletion of a file but keeps it", "files/delete", forgets("deleteFile", "file", "file_id")),
  mutation(
    "confirms the deletion of a thread but keeps it",
    "threads/delete",
    forgets(
      "deleteThread",
      "thread.deleted",
      "thread_id"
    )
  ),
  mutation("confirms the deletion of a model but keeps it", "models/delete", forgets("deleteModel", "model", "model")),
  mutation(
    "confirms that a file is detached but keeps it attached",
    "assistantFiles/detach",
    forgets(
      "deleteAssistantFile",
      "assistant.file.deleted",
      "file_id"
    )
  ),
  mutation(
    "deletes a file instead of detaching it",
    "assistantFiles/detach",
    () => (send) => (request) =>
      Effect.tap(send(request), () =>
        Proxy.operationOf(request) === "deleteAssistantFile"
          ? send({ ...request, path: `/files/${Proxy.parameterOf(request, "file_id")}` })
          : Effect.void)
  ),
  mutation("deletes the files of a deleted assistant", "assistantFiles/deletedAssistant", () => {
    let file = ""
    return (send) => (request) => {
      const operation = Proxy.operationOf(request)
      const { file_ids = [] } = (request.json ?? {}) as Proxy.Fields
      if (operation === "createAssistant" && file_ids.length > 0) [file] = file_ids
      return Effect.tap(
        send(request),
        () => operation === "deleteAssistant" ? send({ ...request, path: `/files/${file}` }) : Effect.void
      )
    }
  }),
  mutation(
    "confirms any deletion with `deleted: false`",
    "assistants/delete",
    bodies((body) => "deleted" in body ? { ...body, deleted: false } : body)
  ),
  mutation(
    "confirms a deletion with the object type of the object",
    "assistants/delete",
    says("deleteAssistant", { object: "assistant" })
  ),
  mutation("confirms the deletion of another object", "threads/delete", says("deleteThread", { id: "thread_other" })),
  mutation(
    "confirms the deletion of an unknown object",
    "notFound/deleteAssistant",
    of(
      "deleteAssistant",
      refusals(
        404,
        (_, request) =>
          json({ id: Proxy.parameterOf(request, "assistant_id"), object: "assistant.deleted", deleted: true })
      )
    )
  ),
  mutation("lists deleted assistants", "assistants/delete", () => {
    const created: Array<unknown> = []
    return (send) => (request) =>
      Effect.map(send(request), (response) => {
        const operation = Proxy.operationOf(request)
        if (operation === "createAssistant") created.unshift(jsonOf(response))
        return operation === "listAssistants"
          ? Proxy.withJson(response, { ...jsonOf(response) as object, data: created })
          : response
      })
  }),
  mutation("lists deleted files", "files/delete", () => {
    const created: Array<unknown> = []
    return (send) => (request) =>
      Effect.map(send(request), (response) => {
        const operation = Proxy.operationOf(request)
        if (operation === "createFile") created.unshift(jsonOf(response))
        return operation === "listFiles"
          ? Proxy.withJson(response, { ...jsonOf(response) as object, data: created })
          : response
      })
  }),
  mutation(
    "serves the content of a deleted file",
    "files/delete",
    of(
      "downloadFile",
      refusals(404, (response) => ({
        ...response,
        status: 200,
        headers: { ...response.headers, "content-type": "application/octet-stream" }
      }))
    )
  ),
  mutation(
    "confirms a modification of an assistant but does not store it",
    "assistants/modify",
    forgetsModification(
      "modifyAssistant"
    )
  ),
  mutation(
    "confirms a modification of a thread but does not store it",
    "threads/modify",
    forgetsModification("modifyThread")
  ),
  mutation(
    "confirms a modification of a message but does not store it",
    "messages/modify",
    forgetsModification(
      "modifyMessage"
    )
  ),
  mutation("confirms a modification of a run but does not store it", "runs/modify", forgetsModification("modifyRun")),
  mutation(
    "clears the fields that a modification omits",
    "assistants/modify",
    of(
      "modifyAssistant",
      Proxy.requests((request) => ({
        ...request,
        json: { name: null, instructions: null, tools: [], metadata: {}, ...request.json as object }
      }))
    )
  ),
  mutation(
    "detaches all files if a modification omits file_ids",
    "assistantFiles/modify",
    of(
      "modifyAssistant",
      Proxy.requests((request) => ({ ...request, json: { file_ids: [], ...request.json as object } }))
    )
  ),
  mutation("ignores file_ids of a modification", "assistantFiles/modify", loses("modifyAssistant", "file_ids")),
  mutation("returns the old object for a modification", "threads/modify", asking("modifyThread", ({ path }) => path)),
  ...Contract.endpoints.filter(({ name }) => isScenario(`retrieve/${name}`)).map(({ name }) =>
    mutation(`${name} returns the same object each time`, `retrieve/${name}`, firstOf(name))
  ),
  mutation("getRun always returns the first state of a run", "runs/complete", cached("getRun")),
  mutation("listMessages always returns the first state of a list", "messages/list", cached("listMessages")),
  mutation(
    "listAssistantFiles always returns the first state of a list",
    "assistantFiles/modify",
    cached("listAssistantFiles")
  ),
  mutation(
    "creates every assistant with the same ID",
    "assistants/defaults",
    says("createAssistant", { id: "asst_1" })
  ),
  mutation("creates every thread with the same ID", "threads/create", says("createThread", { id: "thread_1" })),
  mutation("creates every message with the same ID", "messages/create", says("createMessage", { id: "msg_1" })),
  mutation("creates every file with the same ID", "files/upload", says("createFile", { id: "file-1" })),
  mutation(
    "returns created_at in milliseconds",
    "assistants/defaults",
    objects("assistant", (assistant) => ({
      ...assistant,
      created_at: assistant["created_at"] * 1000
    }))
  ),
  mutation(
    "returns 0 for created_at",
    "assistants/defaults",
    objects("assistant", (assistant) => ({ ...assistant, created_at: 0 }))
  ),
  ...["name", "description", "instructions", "tools", "metadata"].map((field) =>
    mutation(`createAssistant loses ${field}`, "assistants/create", loses("createAssistant", field))
  ),
  mutation(
    "createAssistant returns the default model",
    "assistants/defaults",
    says("createAssistant", {
      model: "gpt-3.5-turbo"
    })
  ),
  mutation(
    "createAssistant returns a name that the request does not have",
    "assistants/defaults",
    says("createAssistant", {
      name: "Assistant"
    })
  ),
  mutation("createAssistant loses file_ids", "assistantFiles/modify", loses("createAssistant", "file_ids")),
  mutation("createThread loses metadata", "threads/messages", loses("createThread", "metadata")),
  mutation("createThread loses messages", "threads/messages", loses("createThread", "messages")),
  mutation(
    "createThread reverses its messages",
    "threads/messages",
    of(
      "createThread",
      Proxy.requests((request) => {
        const { messages = [], ...rest } = (request.json ?? {}) as Proxy.Fields
        return { ...request, json: { ...rest, messages: [...messages].reverse() } }
      })
    )
  ),
  mutation("createMessage loses metadata", "messages/create", loses("createMessage", "metadata")),
  mutation("createMessage loses file_ids", "messageFiles/attach", loses("createMessage", "file_ids")),
  mutation(
    "createMessage returns plain text",
    "messages/create",
    of(
      "createMessage",
      bodies((body) => ({ ...body, content: body["content"][0].text.value }))
    )
  ),
  mutation(
    "createMessage replaces characters beyond ASCII with ?",
    "messages/create",
    objects("thread.message", (message) => ({
      ...message,
      content: JSON.parse(JSON.stringify(message["content"]).replace(/[^ -~]/g, "?"))
    }))
  ),
  mutation(
    "createMessage returns the role of the assistant",
    "messages/create",
    says("createMessage", {
      role: "assistant"
    })
  ),
  mutation(
    "createMessage returns another thread's ID",
    "messages/create",
    says("createMessage", {
      thread_id: "thread_other"
    })
  ),
  mutation("finds a message in every thread", "messages/threads", () => {
    const threads = new Map<string, string>()
    return (send) => (request) => {
      const thread = threads.get(Proxy.parameterOf(request, "message_id") ?? "")
      const asked = thread === undefined
        ? request
        : { ...request, path: request.path.replace(/^\/threads\/[^/]+/, `/threads/${thread}`) }
      return Effect.tap(send(asked), (response) => {
        const body = jsonOf(response) as Proxy.Fields | undefined
        if (body?.["object"] === "thread.message") threads.set(body["id"], body["thread_id"])
      })
    }
  }),
  mutation(
    "creates messages with files that do not exist",
    "notFound/references",
    of("createMessage", () => (send) => (request) =>
      Effect.flatMap(send(request), (response) =>
        response.status === 404
          ? send({ ...request, json: without(request, "file_ids") })
          : Effect.succeed(response)))
  ),
  mutation(
    "stores a message that it refuses",
    "notFound/references",
    of("createMessage", () => (send) => (request) =>
      Effect.tap(send(request), (response) =>
        response.status === 404
          ? send({ ...request, json: without(request, "file_ids") })
          : Effect.void))
  ),
  mutation(
    "attaches a 21st file",
    "assistantFiles/limit",
    takes("createAssistantFile", (request) => ({
      id: (request.json as Proxy.Fields)["file_id"],
      object: "assistant.file",
      created_at: 1,
      assistant_id: Proxy.parameterOf(request, "assistant_id")
    }))
  ),
  mutation(
    "attaches a file to another assistant",
    "assistantFiles/attach",
    says("createAssistantFile", {
      assistant_id: "asst_other"
    })
  ),
  mutation(
    "attaches a file to another message",
    "messageFiles/attach",
    objects("thread.message.file", (file) => ({
      ...file,
      message_id: "msg_other"
    }))
  )
]

/** Faults of runs. */
export const running: ReadonlyArray<Mutation> = [
  mutation("never moves a run", "runs/complete", run({ status: "queued" })),
  mutation("moves a run backwards", "runs/complete", (connection) => {
    let looks = 0
    return of(
      "getRun",
      bodies((body) => ({
        ...body,
        status: ["in_progress", "queued", "completed"][Math.min(looks++, 2)]
      }))
    )(connection)
  }),
  mutation("returns an undocumented status", "runs/create", run({ status: "running" })),
  mutation("completes a run immediately", "runs/create", says("createRun", { status: "completed" })),
  mutation(
    "fails every run",
    "runs/complete",
    of("getRun", bodies((body) => body["status"] === "completed" ? { ...body, status: "failed" } : body))
  ),
  mutation(
    "completes a run without the outputs of functions",
    "runs/tools",
    of(
      "getRun",
      bodies((body) =>
        body["status"] === "requires_action" ? { ...body, status: "completed", required_action: null } : body
      )
    )
  ),
  mutation("never returns required_action", "runs/tools", run({ required_action: null })),
  mutation("keeps required_action after the outputs", "runs/tools", () => {
    let action: unknown
    return (send) => (request) =>
      Effect.map(send(request), (response) => {
        const body = jsonOf(response) as Proxy.Fields | undefined
        if (body?.["object"] !== "thread.run") return response
        action = body["required_action"] ?? action
        return action === undefined ? response : Proxy.withJson(response, { ...body, required_action: action })
      })
  }),
  mutation(
    "calls another function than the requested one",
    "runs/tools",
    objects("thread.run", (run) => ({
      ...run,
      required_action: JSON.parse(JSON.stringify(run["required_action"]).replace("get_weather", "get_time"))
    }))
  ),
  mutation(
    "loses the outputs of functions",
    "runs/tools",
    of(
      "listRunSteps",
      bodies((body) => JSON.parse(JSON.stringify(body).replaceAll(/"output":"[^"]*(?:\\"[^"]*)*"/g, "\"output\":null")))
    )
  ),
  mutation(
    "returns a completed run for submitted outputs",
    "runs/tools",
    says("submitToolOuputsToRun", {
      status: "completed"
    })
  ),
  mutation("accepts the output of one call of two", "runs/partialOutputs", lenient("submitToolOuputsToRun")),
  mutation("accepts outputs for a run without required_action", "runs/queuedOutputs", lenient("submitToolOuputsToRun")),
  mutation("accepts outputs for a completed run", "runs/completed", lenient("submitToolOuputsToRun")),
  mutation("cancels a completed run", "runs/completed", lenient("cancelRun")),
  mutation("cancels a cancelled run", "runs/cancel", lenient("cancelRun")),
  mutation(
    "confirms a cancellation but continues the run",
    "runs/cancel",
    () => (send) => (request) =>
      Proxy.operationOf(request) === "cancelRun"
        ? Effect.map(
          send({ ...request, method: "GET", path: request.path.replace(/\/cancel$/, "") }),
          (response) => Proxy.withJson(response, { ...jsonOf(response) as object, status: "cancelling" })
        )
        : send(request)
  ),
  mutation(
    "completes a run that was cancelled",
    "runs/cancel",
    of("getRun", bodies((body) => body["status"] === "cancelled" ? { ...body, status: "completed" } : body))
  ),
  mutation("never returns cancelled_at", "runs/cancel", of(runs, run({ cancelled_at: null }))),
  mutation(
    "returns completed_at for a cancelled run",
    "runs/cancel",
    of("getRun", bodies((body) => body["status"] === "cancelled" ? { ...body, completed_at: 1 } : body))
  ),
  mutation(
    "keeps the step of a cancelled run in progress",
    "runs/cancel",
    objects("thread.run.step", (step) => ({
      ...step,
      status: step["status"] === "cancelled" ? "in_progress" : step["status"]
    }))
  ),
  mutation(
    "accepts messages for a locked thread",
    "runs/lock",
    of("createMessage", () => (send) => (request) =>
      Effect.flatMap(send(request), (response) =>
        response.status !== 400
          ? Effect.succeed(response)
          : Effect.map(
            send({ ...request, method: "GET", json: undefined }),
            (list) => json((jsonOf(list) as Proxy.Fields)["data"][0])
          )))
  ),
  mutation(
    "starts a second run for a locked thread",
    "runs/lock",
    of("createRun", () => (send) => (request) =>
      Effect.flatMap(send(request), (response) =>
        response.status !== 400
          ? Effect.succeed(response)
          : Effect.map(
            send({ ...request, method: "GET", json: undefined }),
            (list) => json((jsonOf(list) as Proxy.Fields)["data"][0])
          )))
  ),
  ...(["runs/lock", "runs/cancel", "runs/expire", "runs/cancelQueued", "streams/interrupt"] as const).map((scenario) =>
    mutation(`never unlocks a thread (${scenario.slice(scenario.indexOf("/") + 1)})`, scenario, () => {
      const locked = new Set<string>()
      return (send) => (request) => {
        const operation = Proxy.operationOf(request)
        const thread = Proxy.parameterOf(request, "thread_id") ?? ""
        if (operation === "createMessage" && locked.has(thread)) {
          return Effect.succeed(json({
            error: {
              message: `Can't add messages to ${thread} while a run is active.`,
              type: "invalid_request_error",
              param: null,
              code: null
            }
          }, 400))
        }
        if (operation === "createRun") locked.add(thread)
        return send(request)
      }
    })
  ),
  mutation(
    "never expires a run",
    "runs/expire",
    of("getRun", bodies((body) => body["status"] === "expired" ? { ...body, status: "requires_action" } : body))
  ),
  mutation(
    "expires runs after five minutes",
    "runs/expire",
    of("getRun", () => {
      let looks = 0
      return (send) => (request) =>
        Effect.map(send(request), (response) => {
          const body = jsonOf(response) as Proxy.Fields
          return body["status"] === "requires_action" && looks++ > 0
            ? Proxy.withJson(response, { ...body, status: "expired", required_action: null })
            : response
        })
    })
  ),
  mutation(
    "keeps the step of an expired run in progress",
    "runs/expire",
    objects("thread.run.step", (step) => ({
      ...step,
      status: step["status"] === "expired" ? "in_progress" : step["status"]
    }))
  ),
  mutation("accepts outputs for an expired run", "runs/expire", lenient("submitToolOuputsToRun")),
  mutation("never returns expires_at", "runs/create", run({ expires_at: null })),
  mutation(
    "keeps expires_at of a completed run",
    "runs/complete",
    objects("thread.run", (run) => ({
      ...run,
      expires_at: run["created_at"] + 600
    }))
  ),
  mutation("never returns started_at", "runs/complete", run({ started_at: null })),
  mutation("never returns completed_at", "runs/complete", run({ completed_at: null })),
  mutation(
    "completes runs before they are started",
    "runs/complete",
    objects("thread.run", (run) => ({
      ...run,
      completed_at: run["completed_at"] === null ? null : run["created_at"] - 1
    }))
  ),
  mutation("returns no usage of a run", "runs/complete", run({ usage: null })),
  mutation(
    "returns wrong total_tokens of a run",
    "runs/complete",
    objects("thread.run", (run) => ({
      ...run,
      usage: run["usage"] === null ? null : { ...run["usage"], total_tokens: 1 }
    }))
  ),
  mutation(
    "returns the usage of a run before its end",
    "runs/create",
    run({
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    })
  ),
  mutation(
    "returns last_error for a completed run",
    "runs/complete",
    run({
      last_error: { code: "server_error", message: "No." }
    })
  ),
  mutation("never returns incomplete_details", "runs/promptLimit", run({ incomplete_details: null })),
  mutation(
    "names the wrong limit in incomplete_details",
    "runs/promptLimit",
    objects("thread.run", (run) => ({
      ...run,
      incomplete_details: run["incomplete_details"] && { reason: "max_completion_tokens" }
    }))
  ),
  mutation("loses max_prompt_tokens", "runs/promptLimit", loses("createRun", "max_prompt_tokens")),
  ...["instructions", "tools", "temperature", "additional_messages"].map((field) =>
    mutation(`createRun loses ${field}`, "runs/overrides", loses("createRun", field))
  ),
  mutation("createRun loses metadata", "runs/create", loses("createRun", "metadata")),
  mutation(
    "createRun changes the assistant",
    "runs/overrides",
    () => (send) => (request) =>
      Effect.tap(send(request), () =>
        Proxy.operationOf(request) === "createRun"
          ? send({
            ...request,
            path: `/assistants/${(request.json as Proxy.Fields)["assistant_id"]}`,
            json: { instructions: "Be kind." }
          })
          : Effect.void)
  ),
  mutation("createThreadAndRun loses thread", "runs/createThreadAndRun", loses("createThreadAndRun", "thread")),
  mutation(
    "adds no message for a run",
    "runs/complete",
    of(
      "listMessages",
      Proxy.lists((list) => ({
        ...list,
        data: list["data"].filter(({ role }: Proxy.Fields) => role === "user")
      }))
    )
  ),
  mutation(
    "adds an empty message for a run",
    "runs/complete",
    objects("thread.message", (message) => ({
      ...message,
      content: message["role"] === "user" ? message["content"] : []
    }))
  ),
  mutation(
    "returns no run_id of a message",
    "runs/complete",
    objects("thread.message", (message) => ({
      ...message,
      run_id: null
    }))
  ),
  mutation("lists no steps", "runs/complete", of("listRunSteps", Proxy.lists((list) => ({ ...list, data: [] })))),
  mutation(
    "never ends a step",
    "runs/complete",
    objects("thread.run.step", (step) => ({
      ...step,
      status: "in_progress"
    }))
  ),
  mutation(
    "returns the wrong message_id of a step",
    "runs/complete",
    objects("thread.run.step", (step) => ({
      ...step,
      step_details: JSON.parse(JSON.stringify(step["step_details"]).replace(/msg_\w+/, "msg_other"))
    }))
  ),
  mutation("keeps the runs of a deleted thread", "runs/deletedThread", cached("getRun")),
  mutation(
    "lists the runs of a deleted thread",
    "runs/deletedThread",
    of(
      "listRuns",
      refusals(404, () => json({ object: "list", data: [], first_id: null, last_id: null, has_more: false }))
    )
  ),
  mutation(
    "lists the steps of a deleted thread",
    "runs/deletedThread",
    of(
      "listRunSteps",
      refusals(404, () => json({ object: "list", data: [], first_id: null, last_id: null, has_more: false }))
    )
  )
]
