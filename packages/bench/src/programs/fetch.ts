fetch(`${process.env["OPENAI_BASE_URL"]}/assistants/asst_abc123`, {
  headers: { authorization: `Bearer ${process.env["OPENAI_API_KEY"]}`, "openai-beta": "assistants=v1" }
}).then((response) => response.json()).then((assistant) => console.log(assistant.name))
