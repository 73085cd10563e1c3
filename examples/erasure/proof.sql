begin;
truncate privacy.receipts;
\copy privacy.receipts from 'clevertap-deletes.jsonl' with (format csv, quote e'\x01', delimiter e'\x02')
commit;
\copy (table privacy.proof) to 'proof.csv' with (format csv, header)
