import { request } from "undici"

request(`${process.env["OPENAI_BASE_URL"]}/assistants/asst_abc123`, {
  headers: { authorization: `Bearer ${process.env["OPENAI_API_KEY"]}`, "openai-beta": "assistants=v1" }
}).then(({ body }) => body.text()).then((text) => console.log(JSON.parse(text).name))
