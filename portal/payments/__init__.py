"""From a public notice to money: notices, funds, orders, the bank's file and answer."""
