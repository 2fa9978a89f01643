-- Load for wrk: contacts that are all different, each under a delivery id of its own. wrk -s post.lua URL -- SALT
local count, salt, head = 0, "x", ""

function init(args)
  salt = args[1] or tostring(os.time())
  head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nContent-Type: application/json\r\n"
  for name, value in pairs(wrk.headers) do
    if name ~= "Host" then
      head = head .. name .. ": " .. value .. "\r\n"
    end
  end
end

function request()
  count = count + 1
  local id = salt .. "-" .. count
  local body = '{"contact":{"id":"' .. id .. '","name":"Jane Roe","phone":"+15555550100","email":"Jane.' .. id .. '@Example.com"}}'
  return head .. "x-delivery-id: " .. id .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, requests)
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '{"requests":%d,"refused":%d,"lost":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f}\n',
    summary.requests, summary.errors.status, lost, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
