begin;
truncate privacy.receipts;
\copy privacy.receipts from program 'cat "clevertap-deletes-$TARGET_CLEVERTAP_ACCOUNT_ID.jsonl"' with (format csv, quote e'\x01', delimiter e'\x02')
commit;
\copy (table privacy.proof) to 'proof.csv' with (format csv, header)
