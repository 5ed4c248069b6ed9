export interface Example {
  query: string;
  variables?: string;
}

/** The tabs of a first visit. GraphiQL shows no variables of the first one. */
export function examples(origin: string): Example[] {
  return [{ query: runs }, { query: startRun(origin) }, runEvents, { query: failingResults }, { query: capacity }];
}

/** What a new tab begins with. */
export const emptyTab = `# Press Ctrl-Space for what can stand here, Ctrl-Enter to run it.
{
  viewer {
    project { name }
    permissions
  }
}
`;

const runs = `# The newest runs, their counts, and how each case ended.
# Ctrl-Enter runs it. The next tab starts a run.
query Runs {
  runs(first: 5) {
    nodes {
      id
      name
      status
      createdAt
      outcomeCounts {
        total
        finished
        passed
        failed
        errored
      }
      results(first: 20) {
        nodes {
          caseKey
          status
          outcome
          error
          durationMs
        }
      }
    }
  }
}
`;

const startRun = (origin: string) => `# Starts a run from a plan's text. This plan tests
# Semantest itself; its second case fails on purpose,
# so that the tab FailingResults has something to show.
# A server reaches addresses of its own machine only
# when it was started with --egress=dev.
mutation StartRun {
  startRun(input: {source: """
version: "1"
name: First run from the API
env: {BASE_URL: "${origin}"}
cases:
  - id: health
    kind: api
    steps:
      - http: /healthz
        check: [{status: 200}]
  - id: wrong
    name: Expects the wrong status on purpose
    kind: api
    steps:
      - http: /healthz
        check: [{status: 418}]
"""}) {
    run {
      id
      status
      outcomeCounts {
        total
      }
    }
  }
}
`;

const runEvents: Example = {
  query: `# Follows a run until its end and shows its newest event.
# The id that StartRun gave belongs into the variables.
subscription RunEvents($runId: ID!, $after: Int! = 0) {
  runEvents(runId: $runId, after: $after) {
    seq
    type
    at
    status
    caseKey
    outcome
    error
    outcomeCounts {
      finished
      total
    }
  }
}
`,
  variables: `{
  "runId": "run_",
  "after": 0
}`,
};

const failingResults = `# Why the newest failed run failed: its steps, and what
# each check expected and found.
query FailingResults {
  runs(first: 1, statuses: [FAILED]) {
    nodes {
      id
      name
      results(first: 20, outcomes: [FAILED, TIMED_OUT, ERRORED]) {
        nodes {
          caseKey
          title
          outcome
          error
          attempts {
            number
            steps {
              name
              outcome
              error
              durationMs
              checks {
                name
                passed
                expected
                actual
                message
              }
            }
          }
          artifacts {
            name
            contentType
            size
            url
          }
        }
      }
    }
  }
}
`;

const capacity = `# The workers there are to perform cases.
query Capacity {
  capacity {
    workers {
      id
      host
      version
      status
      slots
      heartbeatAt
    }
  }
}
`;
