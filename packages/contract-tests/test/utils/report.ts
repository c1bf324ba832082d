import { type Exchange, Report } from "@effect-openai/contract-tests"

export const request = (change: Partial<Exchange.Exchange["request"]> = {}): Exchange.Exchange["request"] => ({
  method: "POST",
  url: "http://127.0.0.1:8080/v1/assistants",
  path: "/assistants",
  headers: { authorization: "Bearer <redacted>", "content-type": "application/json" },
  body: null,
  ...change
})

export const exchange = (change: Partial<Exchange.Exchange> = {}): Exchange.Exchange => ({
  operation: "createAssistant",
  request: request(),
  response: {
    status: 200,
    headers: { "content-type": "application/json" },
    body: { text: "{\"id\":7}", bytes: 8, truncated: false },
    complete: true
  },
  failure: null,
  findings: [],
  ...change
})

/** A report with one text wherever there is one. */
export const reportOf = (text: string): Report.Report => {
  const body = { text: `no JSON ${text}`, bytes: 1, truncated: true }
  const finding = { operation: "createAssistant", field: text, what: `is ${text}`, example: text }
  const about = {
    title: `it ${text}`,
    group: "happy",
    operations: ["createAssistant"],
    requests: 1,
    left: [],
    millis: 12
  } as const
  return Report.make({
    target: `target ${text}`,
    seed: 7,
    startedAt: 0,
    millis: 1234,
    results: [
      {
        ...about,
        id: `failed/${text}`,
        verdict: { _tag: "Failed", expectation: text, message: text },
        findings: [finding],
        exchanges: [
          exchange({
            request: request({
              url: `http://host/v1/${text}`,
              path: `/${text}`,
              headers: { [`x-${text}`]: text },
              body
            }),
            response: { status: 500, headers: { [`x-${text}`]: text }, body, complete: true },
            failure: text,
            findings: [finding]
          })
        ]
      },
      {
        ...about,
        id: `skipped/${text}`,
        verdict: { _tag: "Skipped", because: `it is ${text}` },
        findings: [],
        exchanges: []
      },
      { ...about, id: `passed/${text}`, verdict: { _tag: "Passed" }, findings: [], exchanges: [] }
    ]
  })
}

/** What a server might say to take over a page, a terminal or a shell. */
export const hostile = [
  "</script><script>alert(1)</script>",
  "\"><img src=x onerror=alert(1)>",
  "' onclick='alert(1)",
  "]]><!--",
  "<![CDATA[",
  "</pre></style></title><svg/onload=alert(1)>",
  "&lt;script&gt;",
  "\u0000\u0001\u001b[31m\ud800\uffff",
  "${alert(1)} `x` $(rm -rf /)",
  "a\r\nb\tc"
]
