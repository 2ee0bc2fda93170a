-- For wrk: calls 16 functions in turn. Its argument is how many bytes each answers.
local FUNCTIONS = 16
local calls, turn = {}, 0

function init(arguments)
  for i = 0, FUNCTIONS - 1 do
    calls[i] = wrk.format("GET", string.format("/r/bench/f%d?%d", i, arguments[1]))
  end
end

function request()
  turn = (turn + 1) % FUNCTIONS
  return calls[turn]
end
