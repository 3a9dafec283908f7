-- States of machines are saved in version 2 from here on. A build that knows only version 1 would open this file all the same,
-- take them for unreadable, and begin each machine anew with its row in central left open. It refuses a newer schema instead.
-- No table changes.
SELECT 1;
