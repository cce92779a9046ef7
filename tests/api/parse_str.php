<?php
// The judge of fluentcart/api/query.py: each line of the input is a JSON text, a query string; each line of the
// output is what PHP's parse_str makes of it, as JSON. Ends with its input.
ini_set('display_errors', 'stderr');
while (($line = fgets(STDIN)) !== false) {
    parse_str(json_decode($line), $found);
    echo json_encode($found, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
}
