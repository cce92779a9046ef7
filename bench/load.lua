-- Sends the requests of a file one after the other, starting anywhere; writes what was measured as JSON.
-- BENCH_RESULT=RESULT wrk -s bench/load.lua URL -- REQUESTS HEADER START
-- A line of REQUESTS is "METHOD<tab>PATH<tab>BODY". "@unique-no@@" becomes a number that was never sent before.

local requests, has_unique = {}, {}
local position, unique = 0, 0

function init(arguments)
  local headers = { Authorization = arguments[2], ["Content-Type"] = "application/json" }
  for line in io.lines(arguments[1]) do
    local method, path, body = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
    has_unique[#requests] = body:find("@unique-no@@", 1, true) ~= nil
  end
  position = tonumber(arguments[3]) % #requests
  -- Microseconds would be better; Lua knows seconds, and the counter below a million a second.
  unique = (os.time() % 1000000) * 1000000
end

function request()
  position = position % #requests + 1
  if not has_unique[position] then return requests[position] end
  unique = unique + 1
  return (requests[position]:gsub("@unique%-no@@", string.format("%012d", unique)))
end

function done(summary, latency)
  local file = io.open(os.getenv("BENCH_RESULT"), "w")
  local errors = summary.errors
  file:write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "max_ms": %.4f, "refused": %d, "broken": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
  file:close()
end
