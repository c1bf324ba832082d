/** What the parent sends: a loop to execute. */
export interface ToWorker {
  readonly index: number
  readonly thread_id: string
  readonly assistant_id: string
}

export type FromWorker =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Ended"; readonly index: number; readonly run_id: string; readonly status: string }
  | { readonly _tag: "Failed"; readonly index: number; readonly message: string }
