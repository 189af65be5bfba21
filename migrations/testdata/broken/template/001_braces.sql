select '{{.schema';
