// Asking the daemon.

const patience = 8000; // milliseconds for an answer

// A Refusal is an answer that is an error.
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// ask gets a path of the API. It throws a Refusal for an error that the daemon answers with, and anything else if the
// daemon does not answer.
export async function ask(path, parameters) {
  const query = parameters ? "?" + new URLSearchParams(parameters) : "";
  const answer = await fetch(path + query, { cache: "no-store", signal: AbortSignal.timeout(patience) });
  const text = await answer.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // What is no JSON is told as it is.
  }
  if (!answer.ok) throw new Refusal(answer.status, body?.error ?? `${answer.status} ${answer.statusText}`);
  return body;
}

// An Optional is a part of the API that this daemon may not have.
export class Optional {
  constructor(path, parameters) {
    this.path = path;
    this.parameters = parameters;
    this.there = true; // as far as is known
  }

  // ask returns null if the daemon has no such call; other errors it throws.
  async ask() {
    if (!this.there) return null;
    try {
      return await ask(this.path, this.parameters);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
      this.there = false;
      return null;
    }
  }
}
